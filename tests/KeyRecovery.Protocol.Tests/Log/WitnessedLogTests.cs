using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Log;

/// <summary>What a witness answers, by C2SP tlog-witness, and what it keeps against a log.</summary>
public sealed class WitnessedLogTests
{
    private const int Size = 9;

    private readonly GrownLog _log = new(Size);
    private readonly SigningKey _witness = SigningKey.FromSeed(new TestRandom(4714).Bytes(32));

    [Fact]
    public void From_every_size_to_every_larger_one_it_cosigns_what_the_log_proves()
    {
        for (var from = 0; from <= Size; from++)
            for (var to = from; to <= Size; to++)
            {
                var known = from == 0 ? null : Cosigned(from);
                var cosign = Assert.IsType<WitnessDecision.Cosign>(Ask(known, from, to, Proof(from, to)));
                Assert.Equal(Note(to).Encode(), cosign.Note.Encode());
                Assert.Equal((200, null), (cosign.Status, cosign.Evidence));
            }
    }

    [Fact]
    public void A_size_that_is_not_the_last_one_is_answered_with_that_one()
    {
        foreach (var (known, old, to) in new[] { (4, 3, 9), (4, 5, 9), (4, 0, 9), (0, 1, 9), (4, 2, 3), (4, 0, 4) })
        {
            var decided = Ask(known == 0 ? null : Cosigned(known), old, to, Proof(old, to));
            var other = Assert.IsType<WitnessDecision.OtherSize>(decided);
            Assert.Equal(((ulong)known, 409, null), (other.Size, other.Status, other.Evidence));
        }
    }

    [Fact]
    public void An_old_size_beyond_the_checkpoint_is_malformed_whatever_is_known()
    {
        foreach (var known in new[] { null, Cosigned(4), Cosigned(9) })
            Assert.Equal(400, Assert.IsType<WitnessDecision.Malformed>(Ask(known, 9, 8, [])).Status);
    }

    [Fact]
    public void Text_that_is_no_checkpoint_is_malformed_once_it_is_signed()
    {
        var note = SignedNote.Sign($"{GrownLog.Origin}\nnine\n", GrownLog.Origin, _log.Key);
        Assert.IsType<WitnessDecision.Malformed>(Decide(null, new WitnessRequest(0, [], note)));
        Assert.IsType<WitnessDecision.NotSigned>(
            Decide(null, new WitnessRequest(0, [], note.Only([]).With(new NoteSignature("a", 1, new byte[64])))));
    }

    [Fact]
    public void A_checkpoint_that_no_key_of_the_log_has_signed_is_refused()
    {
        var stranger = SigningKey.FromSeed(new TestRandom(4715).Bytes(32));
        var note = Note(Size);
        var own = note.Signatures[0];
        byte[] wrong = own.Signature.ToArray();
        wrong[5] ^= 1;
        foreach (var signed in new[]
        {
            _log.Checkpoint.Sign(stranger), note.Only([]).With(new NoteSignature(own.Name, own.KeyId, wrong)),
            // One that verifies does not mend another of the same name and id.
            note.With(new NoteSignature(own.Name, own.KeyId, wrong)),
        })
            Assert.Equal(403, Assert.IsType<WitnessDecision.NotSigned>(
                Decide(null, new WitnessRequest(0, [], signed))).Status);
    }

    [Fact]
    public void Signatures_of_others_are_ignored_and_not_kept()
    {
        var note = Note(Size).With(new NoteSignature("somebody.example", 7, new byte[80]));
        var cosign = Assert.IsType<WitnessDecision.Cosign>(Decide(null, new WitnessRequest(0, [], note)));
        Assert.Equal(Note(Size).Encode(), cosign.Note.Encode());
    }

    [Fact]
    public void Any_of_several_keys_of_a_log_signs_for_it_and_a_wrong_one_spoils_it()
    {
        var next = SigningKey.FromSeed(new TestRandom(4716).Bytes(32));
        var keys = new[] { _log.NoteKey, NoteKey.Of(GrownLog.Origin, NoteSignatureType.Ed25519, next.PublicKey) };
        var both = new WitnessedLog([.. keys], null);
        var (old, fresh) = (Note(Size), _log.Checkpoint.Sign(next));
        foreach (var signed in new[] { old, fresh, old.With(fresh.Signatures[0]) })
            Assert.IsType<WitnessDecision.Cosign>(both.Decide(new WitnessRequest(0, [], signed)));
        var spoiled = fresh.Signatures[0] with { Signature = new byte[64] };
        Assert.IsType<WitnessDecision.NotSigned>(both.Decide(new WitnessRequest(0, [], old.With(spoiled))));
        Assert.IsType<WitnessDecision.NotSigned>(Decide(null, new WitnessRequest(0, [], fresh)));
    }

    [Fact]
    public void Every_bit_of_a_proof_is_looked_at_and_what_does_not_hold_is_kept_without_being_called_a_fork()
    {
        var proof = Proof(5, Size);
        Assert.NotEmpty(proof);
        for (var bit = 0; bit < proof.Length * Hash256.Size * 8; bit++)
        {
            var wrong = proof.Select(hash => hash.ToArray()).ToArray();
            wrong[bit / (Hash256.Size * 8)][bit / 8 % Hash256.Size] ^= (byte)(1 << (bit % 8));
            var decided = Assert.IsType<WitnessDecision.Inconsistent>(
                Ask(Cosigned(5), 5, Size, [.. wrong.Select(hash => new Hash256(hash))]));
            Assert.Equal(422, decided.Status);
            Assert.False(decided.Evidence!.IsFork);
            Assert.True(decided.Evidence.IsSignedBy(_log.NoteKey));
        }

        Assert.IsType<WitnessDecision.Inconsistent>(Ask(null, 0, Size, proof));
        Assert.IsType<WitnessDecision.Inconsistent>(Ask(Cosigned(5), 5, 5, proof));
        Assert.IsType<WitnessDecision.Inconsistent>(Ask(Cosigned(5), 5, Size, proof[1..]));
    }

    [Theory]
    [InlineData(5UL, 422)]
    [InlineData(0UL, 409)]
    [InlineData(3UL, 409)]
    public void Two_roots_of_one_size_are_evidence_whatever_is_answered(ulong old, int status)
    {
        var fork = new Checkpoint(GrownLog.Origin, 5, Hash256.Of("another"u8)).Sign(_log.Key);
        var decided = Decide(Cosigned(5), new WitnessRequest(old, [], fork));

        Assert.Equal(status, decided.Status);
        Assert.True(decided.Evidence!.IsFork && decided.Evidence.IsSignedBy(_log.NoteKey));
        Assert.Equal(Note(5).Encode(), decided.Evidence.Known.Encode());
        Assert.Equal(fork.Encode(), decided.Evidence.Shown.Encode());
        Assert.False(decided.Evidence.IsSignedBy(
            NoteKey.Of(GrownLog.Origin, NoteSignatureType.Ed25519, _witness.PublicKey)));
    }

    [Fact]
    public void An_empty_tree_of_another_root_is_inconsistent_by_a_status_of_its_own()
    {
        // Signed as a text, since no checkpoint of ours would be.
        var text = $"{GrownLog.Origin}\n0\n{Convert.ToBase64String(new byte[32])}\n";
        var note = SignedNote.Sign(text, GrownLog.Origin, _log.Key);
        Assert.False(Checkpoint.TryParse(text, out _));
        Assert.IsType<WitnessDecision.Inconsistent>(Decide(null, new WitnessRequest(0, [], note)));
        Assert.IsType<WitnessDecision.OtherSize>(Decide(Cosigned(5), new WitnessRequest(0, [], note)));
    }

    [Fact]
    public void A_quorum_is_what_the_policy_says_of_witnesses_that_cosigned()
    {
        var keys = Enumerable.Range(0, 3).Select(i => NoteKey.Of(
                $"w{i}", NoteSignatureType.Cosignature, SigningKey.FromSeed(new TestRandom(i).Bytes(32)).PublicKey))
            .ToList();
        var lines = string.Concat(keys.Select((key, i) => $"witness {i} {key}\n"));
        Assert.True(LogPolicy.TryParse(
            System.Text.Encoding.UTF8.GetBytes($"{lines}group g 2 0 1 2\nquorum g\n"), out var policy, out _));
        Assert.True(policy.NeedsWitnesses);
        for (var set = 0; set < 8; set++)
            Assert.Equal(
                int.PopCount(set) >= 2, policy.IsQuorum(key => (set & (1 << keys.IndexOf(key))) != 0));
        Assert.True(LogPolicy.TryParse("quorum none\n"u8, out var none, out _));
        Assert.False(none.NeedsWitnesses);
        Assert.True(none.IsQuorum(_ => false));
    }

    private WitnessDecision Ask(SignedNote? known, int old, int to, IEnumerable<Hash256> proof) =>
        Decide(known, new WitnessRequest((ulong)old, [.. proof], Note(to)));

    private WitnessDecision Decide(SignedNote? known, WitnessRequest request) =>
        new WitnessedLog([_log.NoteKey], known).Decide(request);

    private SignedNote Note(int size) =>
        new Checkpoint(GrownLog.Origin, (ulong)size, _log.Root(0, size)).Sign(_log.Key);

    private SignedNote Cosigned(int size)
    {
        var note = Note(size);
        return note.With(Cosignature.Sign(note, 7, "w.example", _witness));
    }

    private Hash256[] Proof(int from, int to) =>
        from == 0 || from > to ? [] : _log.Hashes(MerkleProof.Consistency((ulong)from, (ulong)to));
}
