//! Which component a class id means, in every form that a product version wrote.
//!
//! Names, ProgIDs and CLSIDs as saved by designers of 2005 to 2022.

macro_rules! classes {
    ($($variant:ident, $name:literal, $($id:literal)|+;)*) => {
        /// What a component is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are the documentation")]
        pub enum ComponentClass {
            $($variant,)*
            /// A class that is not known here; [`crate::Component::class_id`] names it.
            Unknown,
        }

        /// Class, designer name, and the ids without version suffix.
        const CLASSES: &[(ComponentClass, &str, &[&str])] =
            &[$((ComponentClass::$variant, $name, &[$($id),+])),*];
    };
}

classes! {
    OleDbSource, "OLE DB Source", "Microsoft.OLEDBSource" | "DTSAdapter.OLEDBSource"
        | "{165A526D-D5DE-47FF-96A6-F8274C19826B}" | "{BCEFE59B-6819-47F7-A125-63753B33ABB7}"
        | "{2C0A8BE5-1EDC-4353-A0EF-B778599C65A0}";
    OleDbDestination, "OLE DB Destination", "Microsoft.OLEDBDestination"
        | "DTSAdapter.OLEDBDestination" | "{4ADA7EAA-136C-4215-8098-D7A7C27FC0D1}"
        | "{5A0B62E8-D91D-49F5-94A5-7BE58DE508F0}" | "{E2568105-9550-4F71-A638-B7FE42E66922}";
    FlatFileSource, "Flat File Source", "Microsoft.FlatFileSource" | "DTSAdapter.FlatFileSource"
        | "{D23FD76B-F51D-420F-BBCB-19CBF6AC1AB4}" | "{5ACD952A-F16A-41D8-A681-713640837664}";
    FlatFileDestination, "Flat File Destination", "Microsoft.FlatFileDestination"
        | "DTSAdapter.FlatFileDestination" | "{8DA75FED-1B7C-407D-B2AD-2B24209CCCA4}"
        | "{D658C424-8CF0-441C-B3C4-955E183B7FBA}" | "{A1DF9F6D-8EE4-4EF0-BB2E-D526130D7A7B}";
    ExcelSource, "Excel Source", "Microsoft.ExcelSource" | "DTSAdapter.ExcelSource"
        | "{8C084929-27D1-479F-9641-ABB7CDADF1AC}" | "{B551FCA8-23BD-4719-896F-D8F352A5283C}";
    ExcelDestination, "Excel Destination", "Microsoft.ExcelDestination"
        | "DTSAdapter.ExcelDestination" | "{1F5D5712-2FBA-4CB9-A95A-86C1F336E1DA}"
        | "{4963CAED-CB38-4146-96F0-5910342FF3B9}";
    RawFileSource, "Raw File Source", "Microsoft.RawSource" | "DTSAdapter.RawSource";
    RawFileDestination, "Raw File Destination", "Microsoft.RawDestination"
        | "DTSAdapter.RawDestination";
    RecordsetDestination, "Recordset Destination", "Microsoft.RecordsetDestination"
        | "DTSAdapter.RecordsetDestination" | "{C457FD7E-CE98-4C4B-AEFE-F3AE0044F181}"
        | "{167AF7E9-BA81-425F-B73D-E30C2DCC0F09}";
    SqlServerDestination, "SQL Server Destination", "Microsoft.SQLServerDestination"
        | "DTSAdapter.SQLServerDestination" | "{F452EAF3-5EF0-43F1-8067-09DDF0BC6316}";
    DerivedColumn, "Derived Column", "Microsoft.DerivedColumn" | "DTSTransform.DerivedColumn"
        | "{49928E82-9C4E-49F0-AABE-3812B82707EC}" | "{2932025B-AB99-40F6-B5B8-783A73F80E24}"
        | "{9CF90BF0-5BCC-4C63-B91D-1F322DC12C26}";
    DataConversion, "Data Conversion", "Microsoft.DataConvert" | "DTSTransform.DataConvert"
        | "{62B1106C-7DB8-4EC8-ADD6-4C664DFFC54A}" | "{BD06A22E-BC69-4AF7-A69B-C44C2EF684BB}";
    ConditionalSplit, "Conditional Split", "Microsoft.ConditionalSplit"
        | "DTSTransform.ConditionalSplit" | "{7F88F654-4E20-4D14-84F4-AF9C925D3087}"
        | "{3AE878C6-0D6C-4F48-8128-40E00E9C1B7D}";
    Lookup, "Lookup", "Microsoft.Lookup" | "DTSTransform.Lookup"
        | "{671046B0-AA63-4C9F-90E4-C06E0B710CE3}" | "{27648839-180F-45E6-838D-AFF53DF682D2}";
    CacheTransform, "Cache Transform", "Microsoft.Cache" | "DTSTransform.Cache"
        | "{BF818E79-2C1C-410D-ADEA-B2D1A04FED01}";
    Multicast, "Multicast", "Microsoft.Multicast" | "DTSTransform.Multicast"
        | "{EC139FBC-694E-490B-8EA7-35690FB0F445}" | "{1ACA4459-ACE0-496F-814A-8611F9C27E23}";
    UnionAll, "Union All", "Microsoft.UnionAll" | "DTSTransform.UnionAll"
        | "{B594E9A8-4351-4939-891C-CFE1AB93E925}" | "{4D9F9B7C-84D9-4335-ADB0-2542A7E35422}";
    Merge, "Merge", "Microsoft.Merge" | "DTSTransform.Merge"
        | "{36E0E750-2510-4776-AA6E-17EAE84FD63E}";
    MergeJoin, "Merge Join", "Microsoft.MergeJoin" | "DTSTransform.MergeJoin"
        | "{14D43A4F-D7BD-489D-829E-6DE35750CFE4}";
    Sort, "Sort", "Microsoft.Sort" | "DTSTransform.Sort"
        | "{5B1A3FF5-D366-4D75-AD1F-F19A36FCBEDB}";
    Aggregate, "Aggregate", "Microsoft.Aggregate" | "DTSTransform.Aggregate"
        | "{5B201335-B360-485C-BB93-75C34E09B3D3}" | "{9ABE8DF3-0052-42DB-8B18-2089E1D1D1B7}";
    RowCount, "Row Count", "Microsoft.RowCount" | "DTSTransform.RowCount"
        | "{E2697D8C-70DA-42B2-8208-A19CE3A9FE41}" | "{150E6007-7C6A-4CC3-8FF3-FC73783A972E}";
    OleDbCommand, "OLE DB Command", "Microsoft.OLEDBCommand" | "DTSTransform.OLEDBCommand"
        | "{93FFEC66-CBC8-4C7F-9C6A-CB1C17A7567D}";
    SlowlyChangingDimension, "Slowly Changing Dimension", "Microsoft.SCD" | "DTSTransform.SCD"
        | "{25BBB0C5-369B-4303-B3DF-D0DC741DEE58}" | "Microsoft.SlowlyChangingDimension";
    CharacterMap, "Character Map", "Microsoft.CharacterMap" | "DTSTransform.CharacterMap";
    CopyColumn, "Copy Column", "Microsoft.CopyMap" | "DTSTransform.CopyMap"
        | "Microsoft.CopyColumn";
    Audit, "Audit", "Microsoft.Lineage" | "DTSTransform.Lineage" | "Microsoft.Audit";
    PercentageSampling, "Percentage Sampling", "Microsoft.PctSampling"
        | "DTSTransform.PctSampling";
    RowSampling, "Row Sampling", "Microsoft.RowSampling" | "DTSTransform.RowSampling";
    Pivot, "Pivot", "Microsoft.Pivot" | "DTSTransform.Pivot";
    Unpivot, "Unpivot", "Microsoft.UnPivot" | "DTSTransform.UnPivot";
    FuzzyLookup, "Fuzzy Lookup", "Microsoft.FuzzyLookup" | "DTSTransform.BestMatch";
    FuzzyGrouping, "Fuzzy Grouping", "Microsoft.FuzzyGrouping" | "DTSTransform.GroupDups";
    TermExtraction, "Term Extraction", "Microsoft.TermExtraction" | "DTSTransform.TermExtraction";
    TermLookup, "Term Lookup", "Microsoft.TermLookup" | "DTSTransform.TermLookup";
    ImportColumn, "Import Column", "TxFileInserter.Inserter" | "Microsoft.ImportColumn";
    ExportColumn, "Export Column", "TxFileExtractor.Extractor" | "Microsoft.ExportColumn";
    BalancedDataDistributor, "Balanced Data Distributor", "Microsoft.BDD"
        | "DTSTransform.BalancedDataDistributor";
    DataMiningQuery, "Data Mining Query", "Microsoft.PXPipelineDMQuery"
        | "MSMDPP.PXPipelineDMQuery";
    DimensionProcessing, "Dimension Processing", "MSMDPP.PXPipelineProcessDimension"
        | "Microsoft.PXPipelineProcessDimension";
    PartitionProcessing, "Partition Processing", "MSMDPP.PXPipelineProcessPartition"
        | "Microsoft.PXPipelineProcessPartition";
    DataMiningModelTraining, "Data Mining Model Training", "MSMDPP.PXPipelineProcessDM"
        | "Microsoft.PXPipelineProcessDM";
    OdbcSource, "ODBC Source", "Attunity.SSISODBCSrc" | "AttunitySSISODBCSrc"
        | "Microsoft.SSISODBCSrc";
    OdbcDestination, "ODBC Destination", "Attunity.SSISODBCDst" | "AttunitySSISODBCDst"
        | "Microsoft.SSISODBCDst";
    AdoNetSource, "ADO NET Source", "Microsoft.DataReaderSourceAdapter"
        | "Microsoft.SqlServer.Dts.Pipeline.DataReaderSourceAdapter";
    AdoNetDestination, "ADO NET Destination", "Microsoft.ADONETDestination"
        | "Microsoft.SqlServer.Dts.Pipeline.ADONETDestination";
    XmlSource, "XML Source", "Microsoft.XmlSourceAdapter"
        | "Microsoft.SqlServer.Dts.Pipeline.XmlSourceAdapter";
    ScriptComponent, "Script Component", "Microsoft.ScriptComponentHost"
        | "Microsoft.SqlServer.Dts.Pipeline.ScriptComponentHost" | "Microsoft.ScriptComponent";
    DataReaderDestination, "DataReader Destination", "Microsoft.DataReaderDestinationAdapter"
        | "Microsoft.SqlServer.Dts.Pipeline.DataReaderDestinationAdapter";
    SqlCompactDestination, "SQL Server Compact Destination", "Microsoft.SqlCEDestinationAdapter"
        | "Microsoft.SqlServer.Dts.Pipeline.SqlCEDestinationAdapter";
    CdcSource, "CDC Source", "Attunity.SqlServer.CDCSrc.CdcSource" | "Attunity.CdcSource";
    CdcSplitter, "CDC Splitter", "Attunity.SqlServer.CDCSplit.CdcSplitter"
        | "Attunity.CdcSplitter";
}

/// The class of a component whose code is managed; its real type is in a property.
const MANAGED_HOST: &[&str] = &[
    "Microsoft.ManagedComponentHost",
    "DTS.ManagedComponentWrapper",
    "{874F7595-FB5F-40FF-96AF-FBFF8250E3EF}",
    "{2E42D45B-F83C-400F-8D77-61DDE6A7DF29}",
    "{BF01D463-7089-41EE-8F05-0A6DC17CE633}",
];

impl ComponentClass {
    /// The class with this id: a name, a ProgID of any version, a CLSID, or the type of a managed
    /// component.
    pub fn from_id(id: &str) -> Self {
        let id = type_name(id);
        let found = CLASSES.iter().find(|entry| entry.2.iter().any(|known| same(known, id)));
        found.map_or(Self::Unknown, |entry| entry.0)
    }

    /// The class that a vendor's words name, for ids that are not in the list.
    pub fn from_contact_info(contact_info: &str) -> Self {
        let mut parts = contact_info.split(';').map(str::trim);
        let (name, vendor) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if !vendor.starts_with("Microsoft") {
            return Self::Unknown;
        }
        let found = CLASSES.iter().find(|entry| entry.1.eq_ignore_ascii_case(name));
        found.map_or(Self::Unknown, |entry| entry.0)
    }

    /// Whether this id means a managed component, whose type the property
    /// `UserComponentTypeName` holds.
    pub fn is_managed_host(id: &str) -> bool {
        let id = type_name(id);
        MANAGED_HOST.iter().any(|known| same(known, id))
    }

    /// The component's name in the designer; `component` for an unknown one.
    pub fn name(self) -> &'static str {
        CLASSES.iter().find(|entry| entry.0 == self).map_or("component", |entry| entry.1)
    }
}

/// The part of an assembly-qualified name before the assembly.
fn type_name(id: &str) -> &str {
    id.split(',').next().unwrap_or_default().trim()
}

/// Whether an id is the known one, version suffix (`.3`) aside.
fn same(known: &str, id: &str) -> bool {
    if known.eq_ignore_ascii_case(id) {
        return true;
    }
    let Some((stem, version)) = id.rsplit_once('.') else { return false };
    !version.is_empty()
        && version.bytes().all(|byte| byte.is_ascii_digit())
        && known.eq_ignore_ascii_case(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_id_means_the_same_component() {
        for id in [
            "Microsoft.DerivedColumn",
            "DTSTransform.DerivedColumn.3",
            "DTSTransform.DerivedColumn.1",
            "{49928E82-9C4E-49F0-AABE-3812B82707EC}",
            "{9cf90bf0-5bcc-4c63-b91d-1f322dc12c26}",
        ] {
            assert_eq!(ComponentClass::from_id(id), ComponentClass::DerivedColumn, "{id}");
        }
        let managed = "Microsoft.SqlServer.Dts.Pipeline.ScriptComponentHost, \
                       Microsoft.SqlServer.TxScript, Version=11.0.0.0";
        assert_eq!(ComponentClass::from_id(managed), ComponentClass::ScriptComponent);
        assert_eq!(ComponentClass::from_id("Contoso.Magic"), ComponentClass::Unknown);
    }

    #[test]
    fn contact_info_names_a_component_only_for_its_vendor() {
        let from = ComponentClass::from_contact_info;
        assert_eq!(from("Merge Join;Microsoft Corporation;x;2"), ComponentClass::MergeJoin);
        assert_eq!(from("Merge Join;Contoso"), ComponentClass::Unknown);
    }
}
