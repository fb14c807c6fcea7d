//! The described properties of an object.

/// The properties that the description has for an object. They are known by number: the fields in order, then the
/// constants.
pub struct Properties {
    /// The name on the wire of each field.
    pub names: &'static [&'static str],
    /// The fields that must be present.
    pub required: IndexSet,
    /// The required fields that have their empty value, null or `[]`, if they are absent.
    pub defaulted: IndexSet,
    /// The properties with a single possible value. They have no field, and are always encoded.
    pub constants: &'static [(&'static str, &'static str)],
}

impl Properties {
    /// Returns the number, the name and the value of each constant.
    pub(super) fn constants(&'static self) -> impl Iterator<Item = (usize, &'static str, &'static str)> {
        (self.names.len()..).zip(self.constants).map(|(index, (name, value))| (index, *name, *value))
    }
}

/// A set of numbers below 64, of the properties of an object or the variants of a union.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexSet(pub u64);

impl IndexSet {
    #[inline]
    fn bit(index: usize) -> u64 {
        u32::try_from(index).ok().and_then(|index| 1_u64.checked_shl(index)).unwrap_or(0)
    }

    #[inline]
    pub(super) fn contains(self, index: usize) -> bool {
        self.0 & Self::bit(index) != 0
    }

    /// Adds a number, and returns `true` if it was present already.
    #[inline]
    pub(super) fn insert(&mut self, index: usize) -> bool {
        let before = self.0;
        self.0 |= Self::bit(index);
        before == self.0
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns the numbers in ascending order.
    pub(super) fn iter(mut self) -> impl Iterator<Item = usize> {
        std::iter::from_fn(move || {
            let index = self.0.trailing_zeros() as usize;
            self.0 &= self.0.checked_sub(1)?;
            Some(index)
        })
    }
}
