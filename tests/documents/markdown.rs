//! Markdown as far as documents here use it: blocks of code, inline code, links and headings.

use super::repository;

/// A document, by its path from the root.
pub struct Document {
    pub path: String,
    pub text: String,
}

/// A fenced block of code.
#[derive(Clone, Debug)]
pub struct Block {
    pub document: String,
    pub line: usize,
    /// What stands behind the opening fence.
    pub language: String,
    pub text: String,
}

impl Document {
    /// All of them.
    pub fn all() -> Vec<Self> {
        let documents: Vec<Self> = repository::files()
            .iter()
            .filter(|path| path.ends_with(".md"))
            .map(|path| Self::read(path))
            .collect();
        assert!(documents.len() > 25, "{}", documents.len());
        documents
    }

    pub fn read(path: &str) -> Self {
        Self { path: path.to_owned(), text: repository::read(path) }
    }

    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<(Block, usize)> = None;
        for (at, line) in self.text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            match (line.trim_start().strip_prefix("```"), open.take()) {
                (Some(language), None) => {
                    let (document, language) = (self.path.clone(), language.to_owned());
                    open = Some((Block { document, line: at + 1, language, text: String::new() }, indent));
                }
                (Some(_), Some((block, _))) => blocks.push(block),
                (None, Some((mut block, within))) => {
                    block.text += line.get(within.min(indent)..).unwrap_or_default();
                    block.text.push('\n');
                    open = Some((block, within));
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a block is not closed", self.path);
        blocks
    }

    /// The text without the blocks.
    pub fn prose(&self) -> String {
        let mut is_prose = true;
        let mut kept = String::new();
        for line in self.text.lines() {
            let is_fence = line.trim_start().starts_with("```");
            is_prose ^= is_fence;
            if is_prose && !is_fence {
                kept.push_str(line);
            }
            kept.push('\n');
        }
        kept
    }

    /// Inline code. A span may go over the end of a line, and not over an empty one.
    pub fn spans(&self) -> Vec<String> {
        let prose = self.prose();
        let paragraphs = prose.split("\n\n");
        paragraphs
            .flat_map(|text| text.split('`').skip(1).step_by(2))
            .map(|span| span.replace('\n', " "))
            .collect()
    }

    /// Where links lead, images and those in HTML included.
    pub fn links(&self) -> Vec<String> {
        let prose = self.prose().replace("]\n(", "](");
        let ends = |opening: &str, closing: char| -> Vec<String> {
            prose
                .split(opening)
                .skip(1)
                .filter_map(|rest| Some(rest.split(closing).next()?.to_owned()))
                .collect()
        };
        let defined = prose
            .lines()
            .filter_map(|line| line.strip_prefix('[')?.split_once("]: "))
            .map(|(_, to)| to.to_owned());
        [ends("](", ')'), ends("src=\"", '"'), ends("href=\"", '"'), defined.collect()].concat()
    }

    /// The anchors that a reader of GitHub's pages can jump to.
    pub fn anchors(&self) -> Vec<String> {
        let prose = self.prose();
        let headings = prose.lines().filter(|line| line.starts_with('#'));
        let anchor = |heading: &str| -> String {
            let kept = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        };
        headings.map(anchor).collect()
    }
}

/// The block of a document that begins so. Asking for it is what accounts for it: see `blocks`.
#[track_caller]
pub fn block(document: &str, begins: &str) -> Block {
    let mut found = Document::read(document).blocks();
    found.retain(|block| block.text.starts_with(begins));
    assert_eq!(found.len(), 1, "{document} has {} blocks that begin with {begins:?}", found.len());
    found.remove(0)
}
