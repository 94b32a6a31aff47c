use super::*;

fn input(requests: &str) -> Result<ProfileInput, ProfileInputError> {
    ProfileInput::parse(&format!(
        "<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n\
         <DataProfile xmlns=\"http://schemas.microsoft.com/sqlserver/2008/DataDebugger/\">\
         <DataProfileInput><ProfileMode>Exact</ProfileMode><Timeout>30</Timeout>\
         <Requests>{requests}</Requests></DataProfileInput></DataProfile>"
    ))
}

fn one(name: &str, settings: &str) -> Result<ProfileKind, ProfileInputError> {
    let request = format!(
        "<{name} ID=\"Req\"><DataSourceID>Db</DataSourceID>\
         <Table Schema=\"dbo\" Table=\"T\" />{settings}</{name}>"
    );
    input(&request).map(|mut input| input.requests.remove(0).kind)
}

const COLUMN: &str = "<Column IsWildCard=\"false\" ColumnName=\"C\" />";

#[test]
fn what_is_asked_of_one_column_is_read_with_its_defaults() {
    let read = input(&format!(
        "<ColumnNullRatioProfileRequest ID=\"Nulls\"><DataSourceID>{{A}}</DataSourceID>\
         <Table Schema=\"dbo\" Table=\"T\" />{COLUMN}</ColumnNullRatioProfileRequest>"
    ));
    let read = read.unwrap();
    assert_eq!((read.time_out_s, read.requests.len()), (30, 1));
    assert_eq!(
        (read.requests[0].id.as_str(), read.requests[0].data_source.as_str()),
        ("Nulls", "{A}")
    );
    let table = ProfiledTable { schema: "dbo".to_owned(), name: "T".to_owned() };
    let column = ProfiledColumn {
        table,
        column: ColumnChoice { name: Some("C".to_owned()), binary: false },
    };
    assert_eq!(read.requests[0].kind, ProfileKind::NullRatio { column: column.clone() });
    assert_eq!(
        one("ColumnLengthDistributionProfileRequest", COLUMN).unwrap(),
        ProfileKind::LengthDistribution {
            column: column.clone(),
            ignore_leading: false,
            ignore_trailing: true
        }
    );
    assert_eq!(
        one("ColumnValueDistributionProfileRequest", COLUMN).unwrap(),
        ProfileKind::ValueDistribution { column, more_frequent_than: Some(0.001) }
    );
}

#[test]
fn delimiters_and_symbols_are_read_with_their_escapes() {
    let settings = format!(
        "{COLUMN}<Delimiters> \\t_</Delimiters><Symbols>-\\\\&amp;</Symbols><TagTableName />"
    );
    let ProfileKind::Pattern { options, .. } =
        one("ColumnPatternProfileRequest", &settings).unwrap()
    else {
        panic!()
    };
    assert_eq!(options.symbols, ['-', '\\', '&']);
    assert!([' ', '\t', '\r', '\n', '_'].iter().all(|c| options.delimiters.contains(c)));
    assert_eq!((options.patterns_max, options.coverage_percent), (10, 95));
}

#[test]
fn relations_are_read_with_their_columns_and_thresholds() {
    let key = "<KeyColumns><Column IsWildCard=\"true\" />\
               <Column ColumnName=\"B\" StringCompareOptions=\"BinarySort\" /></KeyColumns>\
               <ThresholdSetting>Specified</ThresholdSetting>\
               <KeyStrengthThreshold>0.5</KeyStrengthThreshold>\
               <VerifyOutputInFastMode>false</VerifyOutputInFastMode>\
               <MaxNumberOfViolations>7</MaxNumberOfViolations>";
    let ProfileKind::CandidateKey { columns, report, .. } =
        one("CandidateKeyProfileRequest", key).unwrap()
    else {
        panic!()
    };
    assert_eq!(columns[0], ColumnChoice::default());
    assert_eq!(columns[1], ColumnChoice { name: Some("B".to_owned()), binary: true });
    assert_eq!(report, Report { threshold: Threshold::Above(0.5), violations_max: 7 });
    let inclusion = "<InclusionProfileRequest ID=\"In\"><DataSourceID>Db</DataSourceID>\
        <SubsetTable Schema=\"dbo\" Table=\"Sales\" /><SupersetTable Schema=\"dbo\" Table=\"Products\" />\
        <InclusionColumns><InclusionColumn>\
        <SubsetSideColumn IsWildCard=\"true\" /><SupersetSideColumn ColumnName=\"Id\" />\
        </InclusionColumn></InclusionColumns>\
        <InclusionThresholdSetting>None</InclusionThresholdSetting>\
        <SupersetColumnsKeyThresholdSetting>Exact</SupersetColumnsKeyThresholdSetting>\
        </InclusionProfileRequest>";
    let ProfileKind::Inclusion { subset, columns, key, report, .. } =
        input(inclusion).unwrap().requests.remove(0).kind
    else {
        panic!()
    };
    assert_eq!(subset.name, "Sales");
    assert_eq!((columns[0].0.name.as_deref(), columns[0].1.name.as_deref()), (None, Some("Id")));
    assert_eq!((key, report.threshold), (Threshold::Exact, Threshold::None));
}

#[test]
fn what_is_not_understood_is_refused_by_name() {
    let told = |result: Result<ProfileKind, ProfileInputError>| result.unwrap_err().to_string();
    let of_pattern =
        |settings: &str| told(one("ColumnPatternProfileRequest", &format!("{COLUMN}{settings}")));
    insta::assert_snapshot!(
        [
            told(one("ColumnMoodProfileRequest", COLUMN)),
            told(one("ColumnNullRatioProfileRequest", &format!("{COLUMN}<Mood>3</Mood>"))),
            told(one("ColumnNullRatioProfileRequest", "")),
            of_pattern("<TagTableName>[dbo].[Tags]</TagTableName>"),
            of_pattern("<MaxNumberOfPatterns>many</MaxNumberOfPatterns>"),
            told(one(
                "ColumnStatisticsProfileRequest",
                "<Column ColumnName=\"C\" StringCompareOptions=\"IgnoreCase\" />"
            )),
            input("").unwrap_err().to_string(),
        ]
        .join("\n"),
        @r"
    no profile request of the type `ColumnMoodProfileRequest` is known
    profile request `Req` has a setting `Mood` that is not known here
    setting `Column` of profile request `Req` cannot be ``
    profile request `Req` groups words by the tag table `[dbo].[Tags]`, which this version does not do; clear TagTableName
    setting `MaxNumberOfPatterns` of profile request `Req` cannot be `many`
    profile request `Req` compares texts by StringCompareOptions `IgnoreCase`; Default and BinarySort are supported
    no profile request is configured
    "
    );
    assert!(matches!(ProfileInput::parse("<DataProfile>"), Err(ProfileInputError::NotXml { .. })));
}

#[test]
fn the_questions_are_written_again_as_they_were() {
    let request = "\n  <ColumnPatternProfileRequest ID=\"P\">\n    <DataSourceID>Db</DataSourceID>\n    \
                   <Table Schema=\"dbo\" Table=\"T&amp;&quot;U\" />\n    <Column IsWildCard=\"true\" />\n    \
                   <Symbols>\"&amp;&lt;</Symbols>\n    <TagTableName />\n  </ColumnPatternProfileRequest>\n";
    let written = input(request).unwrap().questions_xml;
    let expected = format!(
        "<DataProfileInput><ProfileMode>Exact</ProfileMode><Timeout>30</Timeout>\
         <Requests>{request}</Requests></DataProfileInput>"
    );
    assert_eq!(written, expected);
}
