CREATE VIEW internal.catalog_properties AS
SELECT property_name, property_value
FROM catalog.catalog_properties
