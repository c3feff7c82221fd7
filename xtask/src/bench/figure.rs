//! One figure, as the programs print it and as people and programs read it.

/// What was measured, beside what it is compared with.
#[derive(Debug, PartialEq)]
pub(super) struct Figure {
    pub(super) name: String,
    ours: f64,
    reference: f64,
    unit: String,
    /// The reference is what ours must not exceed, and no measurement.
    is_bound: bool,
}

impl Figure {
    pub(super) const HEAD: &str =
        "name                                         ours    reference   ratio  unit";

    /// Reads `name ours reference unit kind`, separated by tabs.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, ours, reference, unit, kind] = fields[..] else { return None };
        Some(Self {
            name: name.to_owned(),
            ours: ours.parse().ok()?,
            reference: reference.parse().ok()?,
            unit: unit.to_owned(),
            is_bound: match kind {
                "bound" => true,
                "peer" => false,
                _ => return None,
            },
        })
    }

    fn ratio(&self) -> f64 {
        self.ours / self.reference
    }

    pub(super) fn is_above(&self) -> bool {
        self.is_bound && self.ours > self.reference
    }

    pub(super) fn to_text(&self) -> String {
        let Self { name, ours, reference, unit, is_bound } = self;
        let note = match (is_bound, self.is_above()) {
            (false, _) => "",
            (true, false) => "  (at most)",
            (true, true) => "  (at most) ABOVE",
        };
        format!("{name:<38} {ours:>10.1} {reference:>12.1} {:>7.2}  {unit}{note}", self.ratio())
    }

    pub(super) fn to_json(&self) -> String {
        let Self { name, ours, reference, unit, is_bound } = self;
        // Names and units are words of our own programs: `{:?}` quotes them as JSON does. A ratio
        // to nothing is no number that JSON has.
        let ratio = Some(self.ratio()).filter(|ratio| ratio.is_finite());
        let ratio = ratio.map_or_else(|| "null".to_owned(), |ratio| format!("{ratio:.3}"));
        format!(
            "{{\"name\":{name:?},\"ours\":{ours:.3},\"reference\":{reference:.3},\
             \"ratio\":{ratio},\"unit\":{unit:?},\"bound\":{is_bound}}}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_becomes_text_and_json() {
        let figure = Figure::parse("added\t250.0\t300.0\tns\tbound").expect("is a figure");
        assert!(figure.to_text().contains("0.83") && !figure.is_above());
        assert_eq!(
            figure.to_json(),
            r#"{"name":"added","ours":250.000,"reference":300.000,"ratio":0.833,"unit":"ns","bound":true}"#
        );
        let nothing = Figure::parse("none\t1\t0\tns\tpeer").expect("is a figure");
        assert!(nothing.to_json().contains("\"ratio\":null"));
    }

    #[test]
    fn only_a_bound_can_be_broken() {
        let above =
            |kind: &str| Figure::parse(&format!("a\t2\t1\tns\t{kind}")).map(|f| f.is_above());
        assert_eq!((above("bound"), above("peer"), above("else")), (Some(true), Some(false), None));
        assert_eq!(Figure::parse("Compiling…"), None);
    }
}
