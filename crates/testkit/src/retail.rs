//! Input for `examples/retail`, of any size, and what its packages must make of it.
//!
//! Both come from the same loop and nothing else: what is expected is worked out row by row,
//! without any code of the product. The same number of rows always gives the same files.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// Files that the sales are spread over.
const FILES: u64 = 4;

/// `DTS_E_FLATFILESOURCEADAPTERSTATIC_CANTCONVERTVALUE`, signed: 0xC0209084.
const CANNOT_CONVERT: i32 = 0xC020_9084_u32 as i32;

/// `DTS_E_FLATFILESOURCEADAPTERSTATIC_TRUNCATED`, signed: 0xC0209085.
const TRUNCATED: i32 = 0xC020_9085_u32 as i32;

const CUSTOMERS: &[&str] =
    &["Anna Berg", " Müller, Söhne & Co ", "Le \"Petit\" Café", "Ōkami", "Zoë Žák", "O'Neill"];
const COUNTRIES: &[&str] = &["DE", "FR", "DE", "AT", "DE", "CH"];
const PRODUCTS: &[&str] = &["Apple", "Bread", "Cheese", "Dates", "Eggs", "Flour", "Grapes"];

/// Heading of the sales.
const SALES: &str = "SaleId,SaleDate,Store,Customer,Country,Product,Quantity,UnitPrice";

/// What was written, for people and for checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Sales that load.
    pub loaded: u64,
    /// Sales with something wrong.
    pub rejected: u64,
    /// Of the loaded ones, how many are large.
    pub large: u64,
    /// Of the others, how many go abroad.
    pub export: u64,
    /// The rest.
    pub domestic: u64,
}

/// Writes `folder/Input/` for `rows` sales, and `folder/Expected/`.
///
/// # Errors
///
/// When a file cannot be written.
pub fn generate(rows: u64, folder: &Path) -> io::Result<Counts> {
    for name in ["Input", "Expected/Output", "Expected/Prices"] {
        fs::create_dir_all(folder.join(name))?;
    }
    let mut counts = Counts::default();
    for file in 0..FILES {
        let first = rows * file / FILES;
        let end = rows * (file + 1) / FILES;
        write_sales(folder, file + 1, first..end, &mut counts)?;
    }
    write_stores(folder)?;
    write_prices(folder)?;
    Ok(counts)
}

/// Compares what the packages wrote under `folder` with what is expected there, and names the
/// first difference.
///
/// # Errors
///
/// A sentence that says which file differs, and where.
pub fn check(folder: &Path) -> Result<(), String> {
    let read = |path: &Path| fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
    let expected = folder.join("Expected/Output");
    let entries = fs::read_dir(&expected).map_err(|e| format!("{}: {e}", expected.display()))?;
    for entry in entries {
        let name = entry.map_err(|error| error.to_string())?.file_name();
        let wanted = read(&expected.join(&name))?;
        compare(&name.to_string_lossy(), &wanted, &read(&folder.join("Output").join(&name))?)?;
    }
    // The two price lists meet in a Union All, which promises no order.
    let wanted = sorted(read(&folder.join("Expected/Prices/prices.txt"))?);
    for name in ["prices.txt", "published.txt"] {
        let found = sorted(read(&folder.join("Prices").join(name))?);
        compare(name, &wanted, &found)?;
    }
    Ok(())
}

fn compare(name: &str, wanted: &[u8], found: &[u8]) -> Result<(), String> {
    if wanted == found {
        return Ok(());
    }
    let text = |line: Option<&[u8]>| {
        line.map_or("nothing".to_owned(), |line| format!("{:?}", String::from_utf8_lossy(line)))
    };
    let (mut a, mut b) = (wanted.split(|&c| c == b'\n'), found.split(|&c| c == b'\n'));
    for line in 1.. {
        let (x, y) = (a.next(), b.next());
        if x != y {
            return Err(format!("{name} line {line}: expected {}, found {}", text(x), text(y)));
        }
    }
    Ok(())
}

fn sorted(bytes: Vec<u8>) -> Vec<u8> {
    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|&c| c == b'\n').collect();
    lines.sort_unstable();
    lines.concat()
}

/// Numbers that look like chance and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[usize::try_from(self.below(list.len() as u64)).unwrap_or(0)]
    }
}

/// One sale as the file has it.
struct Sale {
    id: u64,
    date: String,
    store: String,
    customer: String,
    country: &'static str,
    product: &'static str,
    quantity: u64,
    cents: u64,
}

impl Sale {
    fn roll(id: u64) -> Self {
        let mut dice = Dice(id.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        dice.below(7);
        let (month, day) = (1 + dice.below(12), 1 + dice.below(28));
        Self {
            id,
            date: format!("{}-{month:02}-{day:02}", 2020 + dice.below(7)),
            store: format!("S{:03}", dice.below(20)),
            customer: dice.pick(CUSTOMERS).replace(['Ō', 'Ž'], "O"),
            country: dice.pick(COUNTRIES),
            product: dice.pick(PRODUCTS),
            quantity: 1 + dice.below(30),
            cents: 25 + dice.below(5_000),
        }
    }

    /// The row in the input, without its end; `quantity` and `date` as they are given.
    fn row(&self, date: &str, customer: &str, quantity: &str) -> String {
        format!(
            "{},{date},{},\"{}\",{},{},{quantity},{}.{:02}",
            self.id,
            self.store,
            customer.replace('"', "\"\""),
            self.country,
            self.product,
            self.cents / 100,
            self.cents % 100
        )
    }
}

fn write_sales(
    folder: &Path,
    number: u64,
    ids: std::ops::Range<u64>,
    counts: &mut Counts,
) -> io::Result<()> {
    let file = format!("sales_2026-{number:02}.csv");
    let heading = SALES.replace("Customer", "\"Customer\"");
    let mut input = format!("{SALES}\r\n");
    let more = "Amount,SaleYear,SourceFile\r\n";
    let mut outputs = [const { String::new() }; 3];
    outputs.iter_mut().for_each(|text| *text = format!("{heading},{more}"));
    let mut rejected = "Row|ErrorCode\r\n".to_owned();
    for id in ids {
        let sale = Sale::roll(id);
        let quantity = sale.quantity.to_string();
        if let Some((row, code)) = spoil(&sale, &quantity) {
            counts.rejected += 1;
            write!(input, "{row}\r\n").ok();
            write!(rejected, "{row}|{code}\r\n").ok();
            continue;
        }
        write!(input, "{}\r\n", sale.row(&sale.date, &sale.customer, &quantity)).ok();
        let cents = sale.quantity * sale.cents;
        let customer = sale.customer.trim_matches(' ').to_uppercase();
        let row = sale.row(&sale.date, &customer, &quantity);
        let year = &sale.date[..4];
        let amount = format!("{}.{:02}", cents / 100, cents % 100);
        let (place, count) = match (cents, sale.country) {
            (50_000.., _) => (0, &mut counts.large),
            (_, "DE") => (2, &mut counts.domestic),
            _ => (1, &mut counts.export),
        };
        *count += 1;
        counts.loaded += 1;
        write!(outputs[place], "{row},{amount},{year},{file}\r\n").ok();
    }
    fs::write(folder.join("Input").join(&file), windows_1252(&input))?;
    let expected = folder.join("Expected/Output");
    for (name, text) in ["large", "export", "domestic"].iter().zip(&outputs) {
        fs::write(expected.join(format!("{name}_{file}")), windows_1252(text))?;
    }
    fs::write(expected.join(format!("rejected_{file}")), windows_1252(&rejected))
}

/// A row with something wrong in it and the code it is rejected with, for some of the sales.
fn spoil(sale: &Sale, quantity: &str) -> Option<(String, i32)> {
    if sale.id % 997 == 5 {
        return Some((sale.row(&sale.date, &sale.customer, "x7"), CANNOT_CONVERT));
    }
    if sale.id % 1_499 == 7 {
        return Some((sale.row("2026-02-30", &sale.customer, quantity), CANNOT_CONVERT));
    }
    if sale.id % 1_999 == 11 {
        let long = "a customer whose name has more than forty characters";
        return Some((sale.row(&sale.date, long, quantity), TRUNCATED));
    }
    None
}

fn write_stores(folder: &Path) -> io::Result<()> {
    let mut input = String::new();
    let mut expected = "StoreId,\"Name\",Region\r\n".to_owned();
    for number in 0..20 {
        let region = ["North", "", "South", "East "][number % 4];
        let name = format!("Store {number}");
        write!(input, "S{number:03}{name:<20}{region}\r\n").ok();
        let region = match region.trim() {
            "" => "unknown".to_owned(),
            region => region.to_lowercase(),
        };
        write!(expected, "S{number:03},\"{name}\",{region}\r\n").ok();
    }
    fs::write(folder.join("Input/stores.txt"), input)?;
    fs::write(folder.join("Expected/Output/stores.csv"), expected)
}

fn write_prices(folder: &Path) -> io::Result<()> {
    let mut a = "Product;Price\n".to_owned();
    let mut b = String::new();
    let mut expected = String::new();
    for number in 0..200_u64 {
        let product = format!("{}-{number}", PRODUCTS[number as usize % PRODUCTS.len()]);
        let (whole, cents) = (number * 7 % 90, number * 13 % 100);
        if number % 2 == 0 {
            writeln!(a, "{product};{whole},{cents:02}").ok();
        } else {
            write!(b, "{product:<12}{whole}.{cents:02}\r\n").ok();
        }
        let price = format!("{whole}.{cents:02}");
        write!(expected, "{product:<14}{price:<12}EUR\r\n").ok();
    }
    fs::write(folder.join("Input/prices_a.csv"), a)?;
    fs::write(folder.join("Input/prices_b.txt"), b)?;
    fs::write(folder.join("Expected/Prices/prices.txt"), expected)
}

/// The text in code page 1252; the example has only characters that Latin-1 has at the same
/// places.
fn windows_1252(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_adds_up() {
        let folder = std::env::temp_dir().join(format!("retail-{}", std::process::id()));
        let counts = generate(10_000, &folder).unwrap();
        assert_eq!(counts.loaded + counts.rejected, 10_000);
        assert_eq!(counts.large + counts.export + counts.domestic, counts.loaded);
        assert!(counts.rejected > 15 && counts.large > 100 && counts.export > 100, "{counts:?}");
        let error = check(&folder).unwrap_err();
        assert!(error.contains("Output"), "nothing has run, and yet: {error}");
        fs::remove_dir_all(&folder).unwrap();
    }
}
