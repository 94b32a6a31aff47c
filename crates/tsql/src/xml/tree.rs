//! A document or fragment as nodes in one list, in document order.

/// Which node.
pub(super) type NodeId = usize;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Root,
    Element,
    Attribute,
    Text,
    Comment,
    Instruction,
}

/// A name with its namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) prefix: String,
    pub(super) local: String,
    /// The namespace's address; empty for none.
    pub(super) space: String,
}

impl Name {
    pub(super) fn plain(text: &str) -> Self {
        let (prefix, local) = text.split_once(':').unwrap_or(("", text));
        Self { prefix: prefix.to_owned(), local: local.to_owned(), space: String::new() }
    }

    /// As it is written.
    pub(super) fn shown(&self) -> String {
        match self.prefix.is_empty() {
            true => self.local.clone(),
            false => format!("{}:{}", self.prefix, self.local),
        }
    }
}

#[derive(Clone, Debug)]
struct Node {
    kind: Kind,
    name: Name,
    text: String,
    parent: NodeId,
    children: Vec<NodeId>,
    attributes: Vec<NodeId>,
    /// Namespaces declared here: prefix and address.
    spaces: Vec<(String, String)>,
}

/// All nodes; the first is the root, which is no element.
#[derive(Clone, Debug)]
pub(super) struct Tree(Vec<Node>);

impl Default for Tree {
    fn default() -> Self {
        Self(vec![Node::new(Kind::Root, Name::default(), String::new(), Tree::ROOT)])
    }
}

impl Node {
    fn new(kind: Kind, name: Name, text: String, parent: NodeId) -> Self {
        let (children, attributes, spaces) = (Vec::new(), Vec::new(), Vec::new());
        Self { kind, name, text, parent, children, attributes, spaces }
    }
}

impl Tree {
    pub(super) const ROOT: NodeId = 0;

    fn add(&mut self, node: Node) -> NodeId {
        self.0.push(node);
        self.0.len() - 1
    }

    fn add_child(&mut self, parent: NodeId, kind: Kind, name: Name, text: String) -> NodeId {
        let node = self.add(Node::new(kind, name, text, parent));
        self.0[parent].children.push(node);
        node
    }

    pub(super) fn add_element(
        &mut self,
        parent: NodeId,
        name: Name,
        spaces: Vec<(String, String)>,
    ) -> NodeId {
        let node = self.add_child(parent, Kind::Element, name, String::new());
        self.0[node].spaces = spaces;
        node
    }

    pub(super) fn add_text(&mut self, parent: NodeId, text: String) -> NodeId {
        self.add_child(parent, Kind::Text, Name::default(), text)
    }

    pub(super) fn add_comment(&mut self, parent: NodeId, text: String) -> NodeId {
        self.add_child(parent, Kind::Comment, Name::default(), text)
    }

    pub(super) fn add_instruction(&mut self, parent: NodeId, target: &str, text: String) -> NodeId {
        let name = Name { local: target.to_owned(), ..Name::default() };
        self.add_child(parent, Kind::Instruction, name, text)
    }

    pub(super) fn add_attribute(&mut self, parent: NodeId, name: Name, text: String) -> NodeId {
        let node = self.add(Node::new(Kind::Attribute, name, text, parent));
        self.0[parent].attributes.push(node);
        node
    }

    pub(super) fn kind(&self, node: NodeId) -> Kind {
        self.0[node].kind
    }

    pub(super) fn name(&self, node: NodeId) -> &Name {
        &self.0[node].name
    }

    /// The text of a text, attribute, comment or instruction.
    pub(super) fn text(&self, node: NodeId) -> &str {
        &self.0[node].text
    }

    pub(super) fn parent(&self, node: NodeId) -> Option<NodeId> {
        (node != Self::ROOT).then(|| self.0[node].parent)
    }

    pub(super) fn children(&self, node: NodeId) -> &[NodeId] {
        &self.0[node].children
    }

    pub(super) fn attributes(&self, node: NodeId) -> &[NodeId] {
        &self.0[node].attributes
    }

    pub(super) fn spaces(&self, node: NodeId) -> &[(String, String)] {
        &self.0[node].spaces
    }

    /// Everything below a node, in document order.
    pub(super) fn descendants(&self, node: NodeId, found: &mut Vec<NodeId>) {
        let mut open: Vec<NodeId> = self.children(node).iter().rev().copied().collect();
        while let Some(node) = open.pop() {
            found.push(node);
            open.extend(self.children(node).iter().rev());
        }
    }

    /// All text in a node.
    pub(super) fn string_value(&self, node: NodeId) -> String {
        if !matches!(self.kind(node), Kind::Root | Kind::Element) {
            return self.text(node).to_owned();
        }
        let mut below = Vec::new();
        self.descendants(node, &mut below);
        let texts = below.into_iter().filter(|&node| self.kind(node) == Kind::Text);
        texts.map(|node| self.text(node)).collect()
    }
}
