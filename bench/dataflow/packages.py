#!/usr/bin/env python3
"""Writes the five data-flow workloads as packages, a file each: w1, w1q, w2, w3, w4 and w5.dtsx.

    python3 packages.py FOLDER --data DATA --out OUT [--postgres CONNECTION_STRING]

DATA holds lineitem.tbl, lineitem.csv and part.tbl; the packages write into OUT the files whose
row hashes are compared: w1.csv, w1q.csv, w2/{high,returned,rest}.csv, w3/{agg,nomatch}.csv, w4.csv.
W5 loads a PostgreSQL table. What each does is in README.md; the columns that a workload does not
compute with are text, as in the programs that it is measured against.
"""
import argparse, os, uuid
from xml.sax.saxutils import quoteattr, escape

COLUMNS = ["l_orderkey", "l_partkey", "l_suppkey", "l_linenumber", "l_quantity", "l_extendedprice", "l_discount", "l_tax",
           "l_returnflag", "l_linestatus", "l_shipdate", "l_commitdate", "l_receiptdate", "l_shipinstruct", "l_shipmode", "l_comment"]
WIDTH = dict(l_orderkey=10, l_partkey=6, l_suppkey=5, l_linenumber=1, l_quantity=12, l_extendedprice=12, l_discount=2, l_tax=2, l_returnflag=1,
             l_linestatus=1, l_shipdate=10, l_commitdate=10, l_receiptdate=10, l_shipinstruct=25, l_shipmode=10, l_comment=64)
I8, I4, DATE = ("i8", 20), ("i4", 3), ("dbDate", 133)
def numeric(p, s): return ("numeric", 131, p, s)
def text(n): return ("str", 129, n)
MONEY = numeric(15, 2)
TYPED = dict(
    w1=dict(l_orderkey=I8, l_partkey=I4, l_suppkey=I4, l_quantity=MONEY, l_extendedprice=MONEY, l_shipdate=DATE, l_commitdate=DATE, l_receiptdate=DATE),
    w2=dict(l_orderkey=I8, l_partkey=I4, l_linenumber=I4, l_quantity=MONEY, l_extendedprice=MONEY, l_discount=I4, l_tax=I4, l_shipdate=DATE, l_receiptdate=DATE),
    w3=dict(l_orderkey=I8, l_partkey=I4, l_linenumber=I4, l_quantity=MONEY, l_extendedprice=MONEY, l_discount=I4, l_shipdate=DATE),
    w4=dict(l_partkey=I4, l_shipdate=DATE),
    w5=dict(l_orderkey=I8, l_partkey=I4, l_suppkey=I4, l_linenumber=I4, l_quantity=MONEY, l_extendedprice=MONEY, l_discount=I4, l_tax=I4,
            l_shipdate=DATE, l_commitdate=DATE, l_receiptdate=DATE))
TYPED["w1q"] = TYPED["w1"]
FAST = ("i8", "i4", "dbDate")


def schema(workload): return [(c, TYPED[workload].get(c, text(WIDTH[c]))) for c in COLUMNS]
def guid(name): return "{" + str(uuid.uuid5(uuid.NAMESPACE_URL, "packhorse/bench/" + name)).upper() + "}"


def pipe(t):
    """a type as the attributes of a pipeline column"""
    if t[0] == "str": return f'dataType="str" codePage="1252" length="{t[2]}"'
    return f'dataType="{t[0]}"' + (f' precision="{t[2]}" scale="{t[3]}"' if t[0] == "numeric" else "")


def props(d, kind="System.String"):
    return "<properties>" + "".join(f'<property dataType="{"System.Int32" if isinstance(v, int) else kind}" name="{k}">{escape(str(v))}</property>' for k, v in d.items()) + "</properties>"


class Package:
    def __init__(self, name): self.name, self.managers, self.tasks = name, [], []

    def manager(self, name, kind, data):
        self.managers.append(f'<DTS:ConnectionManager DTS:refId="Package.ConnectionManagers[{name}]" DTS:CreationName="{kind}" DTS:DTSID="{guid(self.name + name)}" DTS:ObjectName="{name}">'
                             f'<DTS:ObjectData>{data}</DTS:ObjectData></DTS:ConnectionManager>')

    def flat_file(self, name, path, columns, delimiter="|", header=False, qualified=()):
        out = []
        for i, (c, t) in enumerate(columns):
            d = "_x000A_" if i + 1 == len(columns) else f"_x{ord(delimiter):04X}_"
            size = f' DTS:MaximumWidth="{t[2]}"' if t[0] == "str" else f' DTS:DataPrecision="{t[2]}" DTS:DataScale="{t[3]}"' if t[0] == "numeric" else ""
            out.append(f'<DTS:FlatFileColumn DTS:ColumnDelimiter="{d}" DTS:ColumnType="Delimited" DTS:DTSID="{guid(self.name + name + c)}" DTS:DataType="{t[1]}"{size} '
                       f'DTS:ObjectName="{c}" DTS:TextQualified="{c in qualified}"/>')
        self.manager(name, "FLATFILE", f'<DTS:ConnectionManager DTS:CodePage="1252" DTS:ColumnNamesInFirstDataRow="{header}" DTS:ConnectionString={quoteattr(path)} DTS:Format="Delimited" '
                     f'DTS:HeaderRowDelimiter="_x000A_" DTS:LocaleID="1033" DTS:RowDelimiter="" DTS:TextQualifier="{"_x0022_" if qualified else "_x003C_none_x003E_"}">'
                     f'<DTS:FlatFileColumns>{"".join(out)}</DTS:FlatFileColumns></DTS:ConnectionManager>')

    def write(self, folder):
        after = "".join(f'<DTS:PrecedenceConstraint DTS:refId="Package.PrecedenceConstraints[{i}]" DTS:From="Package\\{a}" DTS:To="Package\\{b}" DTS:DTSID="{guid(self.name + a + b)}" '
                        f'DTS:LogicalAnd="True" DTS:ObjectName="{i}"/>' for i, (a, b) in enumerate(zip([t[0] for t in self.tasks], [t[0] for t in self.tasks][1:])))
        body = "".join(t[1] for t in self.tasks)
        with open(os.path.join(folder, self.name + ".dtsx"), "w", newline="\r\n") as f:
            f.write(f'<?xml version="1.0"?>\n<DTS:Executable xmlns:DTS="www.microsoft.com/SqlServer/Dts" DTS:refId="Package" DTS:CreationName="Microsoft.Package" DTS:DTSID="{guid(self.name)}" '
                    f'DTS:ExecutableType="Microsoft.Package" DTS:LocaleID="1033" DTS:ObjectName="{self.name}" DTS:ProtectionLevel="0" DTS:VersionGUID="{guid(self.name + "v")}">\n'
                    f'<DTS:Property DTS:Name="PackageFormatVersion">8</DTS:Property>\n<DTS:ConnectionManagers>{"".join(self.managers)}</DTS:ConnectionManagers>\n'
                    f'<DTS:Executables>{body}</DTS:Executables>\n' + (f'<DTS:PrecedenceConstraints>{after}</DTS:PrecedenceConstraints>\n' if after else "") + '</DTS:Executable>\n')


class Flow:
    """a Data Flow Task; a column is known by (component, output, name)"""

    def __init__(self, package, name): self.p, self.name, self.components, self.paths = package, name, [], []
    def ref(self, component): return f"Package\\{self.name}\\{component}"
    def output(self, component, output): return f"{self.ref(component)}.Outputs[{output}]"
    def lineage(self, column): return f"{self.output(column[0], column[1])}.Columns[{column[2]}]"

    def add(self, name, kind, properties=None, manager=None, inputs="", outputs="", locale=False):
        link = f'<connections><connection refId="{self.ref(name)}.Connections[C]" connectionManagerID="Package.ConnectionManagers[{manager}]" connectionManagerRefId="Package.ConnectionManagers[{manager}]" name="C"/></connections>' if manager else ""
        self.components.append(f'\n<component refId="{self.ref(name)}" componentClassID="{kind}" localeId="1033" name="{name}" usesDispositions="true" version="1">{props(properties or {})}{link}'
                               f'<inputs>{inputs}</inputs><outputs>{outputs}</outputs></component>')

    def input(self, name, columns, external=None, side_effects=False):
        """columns: (column, properties, more attributes)"""
        ref = f"{self.ref(name)}.Inputs[In]"
        cols = "".join(f'<inputColumn refId="{ref}.Columns[{c[2]}]" cachedName="{c[2]}" lineageId="{self.lineage(c)}"'
                       + (f' externalMetadataColumnId="{ref}.ExternalColumns[{c[2]}]"' if external else "") + f' {more}>{props(p)}</inputColumn>' for c, p, more in columns)
        ext = "".join(f'<externalMetadataColumn refId="{ref}.ExternalColumns[{c}]" {pipe(t)} name="{c}"/>' for c, t in external or [])
        return f'<input refId="{ref}" {"hasSideEffects=" + chr(34) + "true" + chr(34) if side_effects else ""} name="In"><inputColumns>{cols}</inputColumns><externalMetadataColumns isUsed="{bool(external)}">{ext}</externalMetadataColumns></input>'

    def outs(self, name, output, columns=(), synchronous=True, more="", external=False, keys=None):
        """columns: (name, type, properties)"""
        ref = self.output(name, output)
        dispose = 'errorRowDisposition="FailComponent" truncationRowDisposition="FailComponent"'
        cols = "".join(f'<outputColumn refId="{ref}.Columns[{c}]" {pipe(t)} {dispose} lineageId="{ref}.Columns[{c}]" name="{c}"'
                       + (f' externalMetadataColumnId="{ref}.ExternalColumns[{c}]"' if external else "") + (f' sortKeyPosition="{keys[c]}"' if c in (keys or {}) else "")
                       + f'>{props(p)}</outputColumn>' for c, t, p in columns)
        ext = "".join(f'<externalMetadataColumn refId="{ref}.ExternalColumns[{c}]" {pipe(t)} name="{c}"/>' for c, t, _ in columns) if external else ""
        sync = f'synchronousInputId="{self.ref(name)}.Inputs[In]"' if synchronous else ""
        return f'<output refId="{ref}" name="{output}" {sync} {more}><outputColumns>{cols}</outputColumns><externalMetadataColumns isUsed="{external}">{ext}</externalMetadataColumns></output>'

    def path(self, component, output, to):
        n = len(self.paths)
        self.paths.append(f'<path refId="{self.ref("")[:-1]}.Paths[{n}]" name="{n}" startId="{self.output(component, output)}" endId="{self.ref(to)}.Inputs[In]"/>')

    def source(self, name, manager, columns):
        cols = [(c, t, {"FastParse": "true"} if t[0] in FAST else {}) for c, t in columns]
        self.add(name, "Microsoft.FlatFileSource", {"RetainNulls": "true"}, manager, outputs=self.outs(name, "Out", cols, synchronous=False, external=True))
        return {c: (name, "Out", c) for c, _ in columns}

    def file(self, name, manager, columns, after):
        """columns: (column, type)"""
        cols = [(c, {}, "") for c, _ in columns]
        self.add(name, "Microsoft.FlatFileDestination", {"Overwrite": "true"}, manager, self.input(name, cols, [(c[2], t) for c, t in columns], True))
        self.path(*after, name)

    def done(self):
        self.p.tasks.append((self.name, f'\n<DTS:Executable DTS:refId="Package\\{self.name}" DTS:CreationName="Microsoft.Pipeline" DTS:DTSID="{guid(self.p.name + self.name)}" '
                             f'DTS:ExecutableType="Microsoft.Pipeline" DTS:ObjectName="{self.name}"><DTS:ObjectData><pipeline version="1"><components>{"".join(self.components)}</components>'
                             f'<paths>{"".join(self.paths)}</paths></pipeline></DTS:ObjectData></DTS:Executable>'))


def copy(a, w):
    """W1 and W1Q: through the types of the columns"""
    p, cols = Package(w), schema(w)
    if w == "w1q":
        p.flat_file("Input", f"{a.data}/lineitem.csv", cols, ",", True, ["l_comment"])
        p.flat_file("Output", f"{a.out}/w1q.csv", cols, ",", False, ["l_comment"])
    else:
        p.flat_file("Input", f"{a.data}/lineitem.tbl", cols)
        p.flat_file("Output", f"{a.out}/w1.csv", cols)
    f = Flow(p, "Copy")
    c = f.source("Read", "Input", cols)
    f.file("Write", "Output", [(c[n], t) for n, t in cols], ("Read", "Out"))
    if w == "w1q":                     # a quote in a value is written twice
        f.components[-1] = f.components[-1].replace('<property dataType="System.String" name="Overwrite">true</property>',
                                                    '<property dataType="System.String" name="Overwrite">true</property><property dataType="System.Boolean" name="EscapeQualifier">true</property>')
    f.done()
    return p


def derived(flow, name, c, made):
    """made: (name, type, expression with {column})"""
    used = sorted({n for n in c for m in made if "{" + n + "}" in m[2]})
    cols = []
    for n, t, e in made:
        for u in used: e = e.replace("{" + u + "}", "#{" + flow.lineage(c[u]) + "}")
        cols.append((n, t, {"Expression": e}))
    flow.add(name, "Microsoft.DerivedColumn", inputs=flow.input(name, [(c[u], {}, "") for u in used]), outputs=flow.outs(name, "Out", cols, more='exclusionGroup="1"'))
    return {n: (name, "Out", n) for n, _, _ in made}


NET = ("d_net", numeric(18, 2), "(DT_NUMERIC,18,2)({l_extendedprice} * (100 - {l_discount}))")


def w2(a):
    p, cols = Package("w2"), schema("w2")
    p.flat_file("Input", f"{a.data}/lineitem.tbl", cols)
    f = Flow(p, "Derive and split")
    c = f.source("Read", "Input", cols)
    made = [NET, ("d_tag", text(7), '(DT_STR,7,1252)({l_returnflag} + "-" + {l_linestatus} + "/" + SUBSTRING({l_shipmode},1,3))'),
            ("d_ym", I4, "YEAR({l_shipdate}) * 100 + MONTH({l_shipdate})"), ("d_days", I4, 'DATEDIFF("dd",{l_shipdate},{l_receiptdate})'),
            ("d_instruct", text(25), '(DT_STR,25,1252)(ISNULL({l_shipinstruct}) ? "UNKNOWN" : {l_shipinstruct})'),
            ("d_tax", I4, "ISNULL({l_tax}) ? 0 : {l_tax}"), ("d_comment", text(64), "(DT_STR,64,1252)UPPER({l_comment})")]
    c.update(derived(f, "Derive", c, made))
    f.path("Read", "Out", "Derive")
    def case(name, n, e): return f.outs("Split", name, more='exclusionGroup="1"').replace("<outputColumns>", props({"Expression": e, "EvaluationOrder": n}) + "<outputColumns>")
    lin = lambda n: "#{" + f.lineage(c[n]) + "}"
    f.add("Split", "Microsoft.ConditionalSplit", inputs=f.input("Split", [(c["d_net"], {}, ""), (c["l_returnflag"], {}, "")]), outputs=
          case("high", 0, lin("d_net") + " >= 5000000") + case("returned", 1, lin("l_returnflag") + ' == "R"')
          + f.outs("Split", "rest", more='exclusionGroup="1"').replace("<outputColumns>", props({"IsDefaultOut": "true"}, "System.Boolean") + "<outputColumns>"))
    f.path("Derive", "Out", "Split")
    kept = [(n, dict(cols)[n]) for n in ("l_orderkey", "l_linenumber", "l_partkey", "l_quantity")] + [(n, t) for n, t, _ in made]
    for s in ("high", "returned", "rest"):
        p.flat_file(s, f"{a.out}/w2/{s}.csv", kept)
        f.file("To " + s, s, [(c[n], t) for n, t in kept], ("Split", s))
    f.done()
    return p


def w3(a):
    p, cols = Package("w3"), schema("w3")
    part = [("p_partkey", I4), ("p_brand", text(8)), ("p_category", text(5)), ("p_retail", MONEY)]
    p.flat_file("Parts", f"{a.data}/part.tbl", part)
    p.flat_file("Input", f"{a.data}/lineitem.tbl", cols)
    cached = part[:3]
    p.manager("Cache", "CACHE", "<DTS:ConnectionManager><DTS:CacheColumns>" + "".join(
        f'<DTS:CacheColumn DTS:DataType="{t[1]}"{f" DTS:Length={chr(34)}{t[2]}{chr(34)} DTS:CodePage={chr(34)}1252{chr(34)}" if t[0] == "str" else ""} DTS:IndexPosition="{1 if n == "p_partkey" else 0}" DTS:ObjectName="{n}" DTS:DTSID="{guid(n)}"/>'
        for n, t in cached) + "</DTS:CacheColumns></DTS:ConnectionManager>")
    f = Flow(p, "Fill")
    c = f.source("Read", "Parts", part)
    f.add("Keep", "Microsoft.Cache", {"TreatDuplicateKeysAsError": "false"}, "Cache", f.input("Keep", [(c[n], {"CacheColumnName": n}, "") for n, _ in cached], None, True), f.outs("Keep", "Out"))
    f.path("Read", "Out", "Keep")
    f.done()
    f = Flow(p, "Look up")
    c = f.source("Read", "Input", cols)
    f.add("Find", "Microsoft.Lookup", {"SqlCommand": "", "ConnectionType": 1, "CacheType": 0, "NoMatchBehavior": 1}, "Cache",
          f.input("Find", [(c["l_partkey"], {"JoinToReferenceColumn": "p_partkey"}, "")]),
          f.outs("Find", "match", [(n, t, {"CopyFromReferenceColumn": n}) for n, t in cached[1:]], more='exclusionGroup="1" errorRowDisposition="FailComponent"') + f.outs("Find", "no match", more='exclusionGroup="1"'))
    f.path("Read", "Out", "Find")
    c.update({n: ("Find", "match", n) for n, _ in cached[1:]})
    c.update(derived(f, "Derive", c, [NET]))
    f.path("Find", "match", "Derive")
    groups = [("l_partkey", I4, 0), ("p_brand", text(8), 0), ("p_category", text(5), 0)]
    sums = [("rows", ("ui8", 21), 2, None), ("quantity", numeric(38, 2), 4, "l_quantity"), ("price", numeric(38, 2), 4, "l_extendedprice"), ("net", numeric(38, 2), 4, "d_net"),
            ("first", DATE, 6, "l_shipdate"), ("last", DATE, 7, "l_shipdate")]
    made = [(n, t, {"AggregationColumnId": "#{" + f.lineage(c[n]) + "}", "AggregationType": k}) for n, t, k in groups]
    made += [(n, t, {"AggregationColumnId": "#{" + f.lineage(c[s]) + "}" if s else "0", "AggregationType": k, "IsBig": 1}) for n, t, k, s in sums]
    used = ["l_partkey", "p_brand", "p_category", "l_quantity", "l_extendedprice", "d_net", "l_shipdate"]
    f.add("Sum", "Microsoft.Aggregate", inputs=f.input("Sum", [(c[n], {}, "") for n in used]), outputs=f.outs("Sum", "Out", made, synchronous=False))
    f.path("Derive", "Out", "Sum")
    kept = [(("Sum", "Out", n), t) for n, t, _ in made]
    p.flat_file("agg", f"{a.out}/w3/agg.csv", [(k[2], t) for k, t in kept])
    f.file("To agg", "agg", kept, ("Sum", "Out"))
    kept = [(n, dict(cols)[n]) for n in ("l_orderkey", "l_linenumber", "l_partkey", "l_quantity", "l_extendedprice", "l_shipdate")]
    p.flat_file("nomatch", f"{a.out}/w3/nomatch.csv", kept)
    f.file("To nomatch", "nomatch", [(c[n], t) for n, t in kept], ("Find", "no match"))
    f.done()
    return p


def w4(a):
    p, cols = Package("w4"), schema("w4")
    p.flat_file("Input", f"{a.data}/lineitem.tbl", cols)
    p.flat_file("Output", f"{a.out}/w4.csv", cols)
    f = Flow(p, "Order")
    c = f.source("Read", "Input", cols)
    keys = dict(l_shipdate=1, l_partkey=-2)
    f.add("Sort", "Microsoft.Sort", {"EliminateDuplicates": "false"},
          inputs=f.input("Sort", [(c[n], {"NewSortKeyPosition": keys.get(n, 0), "NewComparisonFlags": 0}, "") for n, _ in cols]),
          outputs=f.outs("Sort", "Out", [(n, t, {"SortColumnId": "#{" + f.lineage(c[n]) + "}"}) for n, t in cols], synchronous=False, more='isSorted="true"', keys=keys))
    f.path("Read", "Out", "Sort")
    f.file("Write", "Output", [(("Sort", "Out", n), t) for n, t in cols], ("Sort", "Out"))
    f.done()
    return p


def w5(a):
    p, cols = Package("w5"), schema("w5")
    p.flat_file("Input", f"{a.data}/lineitem.tbl", cols)
    p.manager("Database", "ODBC", f'<DTS:ConnectionManager DTS:ConnectionString={quoteattr(a.postgres)}/>')
    f = Flow(p, "Load")
    c = f.source("Read", "Input", cols)
    f.add("Write", "Attunity.SSISODBCDst", {"TableName": "lineitem", "InsertMethod": 1, "BatchSize": 1000, "TransactionSize": 2147483647}, "Database",
          f.input("Write", [(c[n], {}, "") for n, _ in cols], cols, True))
    f.path("Read", "Out", "Write")
    f.done()
    return p


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("folder"); ap.add_argument("--data", required=True); ap.add_argument("--out", required=True)
    ap.add_argument("--postgres", default="Driver={PostgreSQL Unicode(x64)};Server=localhost;Port=5432;Database=postgres;Uid=postgres")
    a = ap.parse_args()
    a.data, a.out = os.path.abspath(a.data), os.path.abspath(a.out)
    os.makedirs(a.folder, exist_ok=True)
    for sub in ("w2", "w3"): os.makedirs(os.path.join(a.out, sub), exist_ok=True)
    for p in (copy(a, "w1"), copy(a, "w1q"), w2(a), w3(a), w4(a), w5(a)): p.write(a.folder)
