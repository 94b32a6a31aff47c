//! Term Lookup: which terms of a reference table a text has, and how often.
//!
//! A row leaves for each term that the text of an input row has, in the order in which they come
//! first, with the columns that are passed through. The documented rules: a plural in the text
//! counts for the plural term if the table has it, and otherwise for the singular; of a phrase only
//! the last word is made singular; of terms that overlap only the shorter one that comes first
//! counts; with IsCaseSensitive a capital at the start of a sentence still counts as a small letter.
//! Terms may have special characters. Plurals are found by rule, see `terms/noun.rs`; the
//! dictionary of SSIS is not published.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, StringArray, UInt32Array};
use arrow_select::take::take;
use expression::array::from_values;
use expression::convert::{ConvertOptions, convert};
use model::{DataType, Value, dts};
use package::ColumnUsage;

use super::fuzzy::text_at;
use super::lineage;
use super::terms::{Kind, TermTable, Token, noun, tokens};
use crate::database::Link;
use crate::{
    Build, Combine, Context, Failure, Inputs, Invalid, Lifecycle, Outbox, OutputLayout, Stop,
};

/// Looks terms up.
struct TermLookup {
    table: TermTable,
    is_case_sensitive: bool,
    /// The column with the text.
    text: usize,
    columns: Vec<Column>,
    main: usize,
    layout: OutputLayout,
    terms: Terms,
    kept: usize,
}

/// An output column.
enum Column {
    /// Passed through from this place.
    Passed(usize),
    /// The term, as the table has it.
    Term,
    /// How often the text has it.
    Frequency,
}

/// The terms of the table.
#[derive(Default)]
struct Terms {
    all: Vec<Term>,
    /// Terms by their first word, the shortest first.
    by_word: HashMap<String, Vec<usize>>,
}

struct Term {
    text: String,
    words: Vec<String>,
}

/// A row that leaves.
struct Leaving {
    row: u32,
    term: usize,
    count: u32,
}

/// Builds a Term Lookup.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Combine>, Invalid> {
    let (table, column) = (build.text("RefTermTable").trim(), build.text("RefTermColumn").trim());
    if table.is_empty() || column.is_empty() {
        return Err(Invalid::broken(
            dts::DTS_E_TERMLOOKUP_REFERENCETERMTABLEANDCOLUMNNOTSET,
            format!("\"{}\" has no reference table or column.", build.component.name),
        ));
    }
    let text = text_column(build)?;
    let main = build.main_output()?;
    let columns = columns(build, main)?;
    let table = TermTable {
        link: Link::of(build)?,
        table: table.to_owned(),
        column: column.to_owned(),
        not_located: dts::DTS_E_TERMLOOKUP_UNABLETOLOCATEREFCOLUMN,
    };
    table.validate(build)?;
    Ok(Box::new(TermLookup {
        table,
        is_case_sensitive: build.flag("IsCaseSensitive", false)?,
        text,
        columns,
        main,
        layout: build.output(main)?.clone(),
        terms: Terms::default(),
        kept: 0,
    }))
}

/// The place of the column with the text.
fn text_column(build: &Build<'_>) -> Result<usize, Invalid> {
    const PROPERTY: &str = "InputColumnType";
    let input = build.input(0)?;
    let mut texts = Vec::new();
    for column in &build.component.inputs[0].columns {
        let kind = column.property(PROPERTY).unwrap_or_default().trim();
        let Some(position) = input.position(&column.lineage_id) else { continue };
        match kind {
            _ if column.usage == ColumnUsage::Ignored => {}
            "" | "0" => {}
            "1" | "2" => texts.push((position, build.input_column_name(0, column))),
            other => return Err(build.bad_property(PROPERTY, other)),
        }
    }
    let [(position, name)] = texts.as_slice() else {
        return Err(Invalid::broken(
            dts::DTS_E_TERMLOOKUP_INCORRECTEXACTNUMBEROFTEXTCOLUMNS,
            format!(
                "\"{}\" looks terms up in {} columns; it must be one.",
                build.component.name,
                texts.len()
            ),
        ));
    };
    let data_type = input.columns[*position].data_type;
    if matches!(data_type, DataType::WStr { .. } | DataType::NText) {
        return Ok(*position);
    }
    Err(Invalid::broken(
        dts::DTS_E_TERMLOOKUP_TEXTINPUTCOLUMNHAVEINCORRECTDATATYPE,
        format!("\"{name}\" has the type {data_type}; it must be DT_WSTR or DT_NTEXT."),
    ))
}

fn columns(build: &Build<'_>, main: usize) -> Result<Vec<Column>, Invalid> {
    let input = build.input(0)?;
    let mut columns = Vec::new();
    for column in &build.component.outputs[main].columns {
        let name = build.output_column_name(main, column);
        let from = lineage(&column.properties, "CustomLineageID");
        let mismatch = |text: String| {
            Invalid::broken(dts::DTS_E_TXTERMLOOKUP_MISMATCHED_COLUMN_METADATA, text)
        };
        columns.push(if from.is_empty() || from == "0" {
            let is_term = matches!(column.data_type, DataType::WStr { .. } | DataType::NText);
            if is_term { Column::Term } else { Column::Frequency }
        } else {
            let position = input.position(&from).ok_or_else(|| {
                mismatch(format!("The input column \"{from}\" of \"{name}\" was not found."))
            })?;
            let (own, other) = (column.data_type, input.columns[position].data_type);
            if own != other {
                return Err(mismatch(format!(
                    "\"{name}\" ({own}) does not have the type of its input column ({other})."
                )));
            }
            Column::Passed(position)
        });
    }
    let count =
        |wanted: fn(&Column) -> bool| columns.iter().filter(|column| wanted(column)).count();
    let (terms, counts) =
        (count(|c| matches!(c, Column::Term)), count(|c| matches!(c, Column::Frequency)));
    if (terms, counts) == (1, 1) {
        return Ok(columns);
    }
    Err(Invalid::broken(
        dts::DTS_E_TERMLOOKUP_TOOFEWOUTPUTCOLUMNS,
        format!(
            "\"{}\" needs one output column for the term and one for its frequency, beside those that are passed through.",
            build.component.name
        ),
    ))
}

impl Lifecycle for TermLookup {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        let (terms, kept) = self.table.read(context)?;
        self.kept = kept;
        self.terms = Terms::of(terms, self.is_case_sensitive);
        for term in &self.terms.all {
            self.term_value(&term.text)?;
        }
        context.check()
    }

    fn close(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        self.terms = Terms::default();
        context.release(std::mem::take(&mut self.kept));
        context.check()
    }
}

impl Combine for TermLookup {
    fn run(&mut self, inputs: &mut Inputs<'_>, out: &mut Outbox<'_>) -> Result<(), Stop> {
        while let Some(batch) = inputs.next_of(0)? {
            let texts: &StringArray = batch.column(self.text).as_string();
            let mut leaving = Vec::new();
            for row in 0..batch.num_rows() {
                out.check()?;
                let text = text_at(texts, row).unwrap_or_default();
                let number = u32::try_from(row).unwrap_or(u32::MAX);
                let found = self.terms.find(&tokens(text), self.is_case_sensitive);
                leaving.extend(found.into_iter().map(|(term, count)| Leaving {
                    row: number,
                    term,
                    count,
                }));
                if out.batch_rows() <= leaving.len() {
                    self.send(&batch, &mut leaving, out)?;
                }
            }
            self.send(&batch, &mut leaving, out)?;
        }
        out.check()
    }
}

impl TermLookup {
    /// A term in the type of its column.
    fn term_value(&self, text: &str) -> Result<Value, Stop> {
        let place = self.columns.iter().position(|column| matches!(column, Column::Term));
        let to = place.map_or(DataType::NText, |place| self.layout.columns[place].data_type);
        let options = ConvertOptions::default();
        convert(&Value::text(text), DataType::NText, to, &options).map_err(|_| {
            let text = format!("The term \"{text}\" does not fit into its column of type {to}.");
            Failure::new(dts::DTS_E_TXTERMLOOKUP_MISMATCHED_COLUMN_METADATA, text).into()
        })
    }

    fn send(
        &self,
        batch: &RecordBatch,
        leaving: &mut Vec<Leaving>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Stop> {
        for rows in leaving.chunks(out.batch_rows()) {
            let sources: UInt32Array = rows.iter().map(|leaving| Some(leaving.row)).collect();
            let made = self.layout.assemble(rows.len(), |at| -> Result<ArrayRef, Stop> {
                let data_type = self.layout.columns[at].data_type;
                match self.columns[at] {
                    Column::Passed(position) => {
                        Ok(take(batch.column(position).as_ref(), &sources, None)?)
                    }
                    Column::Term => {
                        let term = |row: &Leaving| self.term_value(&self.terms.all[row.term].text);
                        array(rows.iter().map(term).collect::<Result<_, _>>()?, data_type)
                    }
                    Column::Frequency => {
                        array(rows.iter().map(|row| Value::Ui4(row.count)).collect(), data_type)
                    }
                }
            })?;
            out.send(self.main, made)?;
        }
        leaving.clear();
        Ok(())
    }
}

fn array(values: Vec<Value>, to: DataType) -> Result<ArrayRef, Stop> {
    let failure = |text: String| Stop::from(Failure::new(dts::DTS_E_BUFFERALLOCFAILED, text));
    let options = ConvertOptions::default();
    let values = values.into_iter().map(|value| {
        let Value::Ui4(count) = value else { return Ok(value) };
        convert(&value, DataType::Ui4, to, &options)
            .map_err(|_| failure(format!("The frequency {count} is not one of {to}.")))
    });
    let values: Vec<Value> = values.collect::<Result<_, _>>()?;
    from_values(&values, to).map_err(|error| failure(error.to_string()))
}

impl Terms {
    fn of(texts: Vec<String>, is_case_sensitive: bool) -> Self {
        let mut terms = Self::default();
        let mut known: HashMap<Vec<String>, ()> = HashMap::new();
        for text in texts {
            let words = tokens(&text).into_iter().filter(|token| token.kind != Kind::Break);
            let fold = |word: String| if is_case_sensitive { word } else { word.to_lowercase() };
            let words: Vec<String> = words.map(|token| fold(token.text)).collect();
            if words.is_empty() || known.insert(words.clone(), ()).is_some() {
                continue;
            }
            terms.by_word.entry(words[0].clone()).or_default().push(terms.all.len());
            terms.all.push(Term { text, words });
        }
        let all = &terms.all;
        for numbers in terms.by_word.values_mut() {
            numbers.sort_by_key(|&number| all[number].words.len());
        }
        terms
    }

    /// The terms that a text has, in the order in which they come first, and how often.
    fn find(&self, text: &[Token], is_case_sensitive: bool) -> Vec<(usize, u32)> {
        let forms: Vec<Forms> =
            text.iter().map(|token| Forms::of(token, is_case_sensitive)).collect();
        let (mut found, mut places) = (Vec::<(usize, u32)>::new(), HashMap::<usize, usize>::new());
        let mut at = 0;
        while at < forms.len() {
            let Some(term) = self.at(&forms[at..]) else {
                at += 1;
                continue;
            };
            at += self.all[term].words.len();
            let place = *places.entry(term).or_insert_with(|| {
                found.push((term, 0));
                found.len() - 1
            });
            found[place].1 += 1;
        }
        found
    }

    /// The term with which a text begins: the shortest, and rather as it is written than singular.
    fn at(&self, text: &[Forms]) -> Option<usize> {
        let first = text.first()?;
        let words = first.plain.iter().chain(&first.singular);
        let numbers = words.filter_map(|word| self.by_word.get(word)).flatten().copied();
        let matches = numbers.filter_map(|number| {
            let rank = self.all[number].rank(text)?;
            Some((self.all[number].words.len(), rank, number))
        });
        matches.min().map(|(_, _, number)| number)
    }
}

/// How a word of a text may be written in the table.
#[derive(Default)]
struct Forms {
    /// As it is, and small when it is capital only by its place; none for a break.
    plain: Vec<String>,
    /// The singular of these.
    singular: Vec<String>,
}

impl Forms {
    fn of(token: &Token, is_case_sensitive: bool) -> Self {
        if token.kind == Kind::Break {
            return Self::default();
        }
        let mut plain =
            vec![if is_case_sensitive { token.text.clone() } else { token.text.to_lowercase() }];
        let mut letters = token.text.chars();
        if let Some(first) = letters.next().filter(char::is_ascii_uppercase)
            && is_case_sensitive
            && token.starts_sentence
            && token.kind == Kind::Word
        {
            plain.push(format!("{}{}", first.to_ascii_lowercase(), letters.as_str()));
        }
        let singular = plain.iter().filter_map(|word| noun::singular(word)).collect();
        Self { plain, singular }
    }
}

impl Term {
    /// Whether a text begins with the term; 0 as it is written, more for other forms.
    fn rank(&self, text: &[Forms]) -> Option<usize> {
        let (last, before) = self.words.split_last()?;
        if text.len() < self.words.len() {
            return None;
        }
        let starts = before
            .iter()
            .zip(text)
            .map(|(word, forms)| forms.plain.iter().position(|plain| plain == word));
        let starts: Option<Vec<usize>> = starts.collect();
        let end = &text[before.len()];
        let mut ends = end.plain.iter().chain(&end.singular);
        let end = ends.position(|form| form == last)?;
        Some(starts?.into_iter().sum::<usize>() + end)
    }
}

#[cfg(test)]
mod tests;
