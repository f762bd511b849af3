//! What a board was computed from, as one digest.

use super::Digest;

/// A running digest of everything on the log up to a place: c(i) =
/// SHA-256(c(i−1) ‖ SHA-256(payload i)), in the order of the log, beginning
/// with 32 zero bytes. Whoever has the same messages comes to the same digest,
/// however they were cut into batches, and whoever lacks one, has one more or
/// has one changed comes to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputChain {
    /// The sequence that it begins with: the first message of the log, unless
    /// the tables were filled by a version that did not keep a digest.
    pub first: u64,
    /// The last sequence that is part of it; the one before the first where
    /// there is none.
    pub sequence: u64,
    /// How many messages are part of it.
    pub messages: u64,
    /// The digest.
    pub digest: Digest,
}

impl InputChain {
    /// One that nothing is part of yet, and that begins after a sequence.
    #[must_use]
    pub fn after(sequence: u64) -> Self {
        Self {
            first: sequence + 1,
            sequence,
            messages: 0,
            digest: Digest::default(),
        }
    }

    /// Takes the next message by the digest of its payload. One that is part
    /// of it already changes nothing.
    pub fn follow(&mut self, sequence: u64, payload: Digest) {
        if sequence > self.sequence {
            self.sequence = sequence;
            self.messages += 1;
            self.digest = Digest::of_both(self.digest, payload);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(payloads: &[(u64, &str)]) -> InputChain {
        let mut chain = InputChain::after(0);
        for (sequence, payload) in payloads {
            chain.follow(*sequence, Digest::of(payload.as_bytes()));
        }
        chain
    }

    #[test]
    fn it_hangs_on_every_message_and_on_their_order() {
        let all = chain(&[(1, "a"), (2, "b"), (4, "c")]);
        assert_eq!((all.first, all.sequence, all.messages), (1, 4, 3));
        for other in [
            &[(1, "a"), (2, "b")][..],
            &[(1, "a"), (2, "c"), (4, "b")],
            &[(1, "a"), (2, "b"), (4, "C")],
            &[(2, "b"), (4, "c")],
            &[(1, "ab"), (4, "c")],
        ] {
            assert_ne!(chain(other).digest, all.digest, "{other:?}");
        }
    }

    #[test]
    fn what_is_told_twice_counts_once() {
        let once = chain(&[(1, "a"), (2, "b"), (3, "c")]);
        let twice = chain(&[(1, "a"), (2, "b"), (1, "a"), (2, "b"), (3, "c")]);
        assert_eq!(once, twice);
    }

    #[test]
    fn it_is_what_others_compute() {
        // Python: sha256(bytes(32) + sha256(b"a").digest()).hexdigest()
        let text = "8c374a53782642f7514d087d26a3e733f1b806009a03e04a43b288ef2fa9f9c0";
        assert_eq!(chain(&[(1, "a")]).digest.to_string(), text);
    }
}
