//! The fields of a line of text. The national file quotes one column and leaves others bare, so a
//! double quote counts only where it encloses a whole field.

use std::borrow::Cow;

/// Splits a line at its delimiters, those within a quoted field apart.
///
/// A field is quoted if it begins with a double quote and a later one is followed by the delimiter
/// or the line's end; a stray double quote is a character like any other.
pub(super) fn split(line: &str, delimiter: char) -> Vec<Cow<'_, str>> {
    let mut fields = Vec::with_capacity(24);
    let mut rest = line;
    loop {
        let (field, after) = first(rest, delimiter);
        fields.push(field);
        match after {
            Some(after) => rest = after,
            None => return fields,
        }
    }
}

/// The first field, and what follows the delimiter after it.
fn first(text: &str, delimiter: char) -> (Cow<'_, str>, Option<&str>) {
    if let Some((field, after)) = text.strip_prefix('"').and_then(|text| quoted(text, delimiter)) {
        return (field, after);
    }
    match text.split_once(delimiter) {
        Some((field, after)) => (Cow::Borrowed(field), Some(after)),
        None => (Cow::Borrowed(text), None),
    }
}

/// A field from behind its opening quote; none if no quote closes it.
fn quoted(text: &str, delimiter: char) -> Option<(Cow<'_, str>, Option<&str>)> {
    let mut from = 0;
    loop {
        let quote = from + text.get(from..)?.find('"')?;
        let (field, after) = (text.get(..quote)?, text.get(quote + 1..)?);
        if after.is_empty() || after.starts_with(delimiter) {
            let field = if from == 0 { Cow::Borrowed(field) } else { Cow::Owned(field.replace("\"\"", "\"")) };
            return Some((field, after.strip_prefix(delimiter)));
        }
        // A doubled quote stands for one; a lone one within the field is kept as it is.
        from = quote + if after.starts_with('"') { 2 } else { 1 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_quote_around_a_whole_field_encloses_commas() {
        for (line, expected) in [
            ("", vec![""]),
            ("a,b,", vec!["a", "b", ""]),
            ("a,\"b, c\",d", vec!["a", "b, c", "d"]),
            ("\"\",x", vec!["", "x"]),
            ("\"Best \"\"Skills\"\" Ltd\",x", vec!["Best \"Skills\" Ltd", "x"]),
            ("\"Jack\" Smith,x", vec!["\"Jack\" Smith", "x"]),
            ("O\"Neil,\"open,x", vec!["O\"Neil", "\"open", "x"]),
            ("\"", vec!["\""]),
            ("\"\"\"\",x", vec!["\"", "x"]),
        ] {
            assert_eq!(split(line, ','), expected, "{line}");
        }
    }
}
