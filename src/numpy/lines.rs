//! Words in brackets and lines, as NumPy's `_formatArray` lays them out.

/// The words of an array, in order, and how they are laid out.
pub(super) struct Lines<'a> {
    pub(super) words: std::vec::IntoIter<String>,
    pub(super) shape: &'a [usize],
    pub(super) separator: &'a str,
    /// How many positions each end of an axis shows, if the array is summarised.
    pub(super) edge: Option<usize>,
}

/// The positions that are shown along an axis, of which `edge` at each end if it is summarised.
pub(super) fn shown(size: usize, edge: Option<usize>) -> Vec<usize> {
    match edge {
        Some(edge) if 2 * edge < size => (0..edge).chain(size - edge..size).collect(),
        _ => (0..size).collect(),
    }
}

impl Lines<'_> {
    /// The part below one position of the axes before `axis`; lines after the first are indented.
    pub(super) fn text(&mut self, axis: usize, indent: usize, width: usize) -> String {
        let Some(&size) = self.shape.get(axis) else {
            return self.words.next().unwrap_or_default();
        };
        let mut parts: Vec<String> = shown(size, self.edge)
            .iter()
            .map(|_| self.text(axis + 1, indent + 1, width.saturating_sub(1)))
            .collect();
        if let Some(edge) = self.edge
            && 2 * edge < size
        {
            parts.insert(edge, "...".into());
        }
        let separator = self.separator.trim_end();
        let text = match self.shape.len() - axis {
            1 => {
                let room = width.saturating_sub(separator.len().max(1));
                fill(&parts, self.separator, indent, room)
            }
            deep => {
                let between = format!("{separator}{}{}", "\n".repeat(deep - 1), " ".repeat(indent));
                parts.join(&between)
            }
        };
        format!("[{text}]")
    }
}

/// Words one after another, on a new line where the next one would pass `room`.
fn fill(words: &[String], separator: &str, indent: usize, room: usize) -> String {
    let (mut lines, mut line, mut length) = (Vec::new(), String::new(), 0);
    for (i, word) in words.iter().enumerate() {
        let size = word.chars().count();
        if length > 0 && indent + length + size > room {
            lines.push(line.trim_end().to_owned());
            (line, length) = (String::new(), 0);
        }
        line.push_str(word);
        length += size;
        if i + 1 < words.len() {
            line.push_str(separator);
            length += separator.len();
        }
    }
    lines.push(line);
    lines.join(&format!("\n{}", " ".repeat(indent)))
}
