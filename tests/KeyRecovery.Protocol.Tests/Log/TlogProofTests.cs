using System.Text;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Tests.Log;

/// <summary>Proofs for offline verifiers, requests to witnesses, and the policies by which they are judged.</summary>
public class TlogProofTests
{
    private readonly GrownLog _log = new(11);

    [Fact]
    public void Each_leaf_is_proved_and_every_bit_counts_but_those_of_the_extra()
    {
        var policy = LogPolicy.Of(_log.NoteKey);
        for (var index = 0; index < _log.Leaves.Count; index++)
        {
            var proof = new TlogProof(
                new byte[] { 1, 2, 3 }, (ulong)index, [.. _log.Inclusion(index)], _log.Checkpoint.Sign(_log.Key));
            var whole = proof.Encode();
            Assert.True(TlogProof.TryParse(whole, out var read));
            Assert.Equal(whole, read.Encode());
            Assert.True(read.Proves(_log.LeafHash(index), policy));
            Assert.False(read.Proves(_log.LeafHash((index + 1) % _log.Leaves.Count), policy));
            var extra = Encoding.UTF8.GetString(whole).IndexOf("extra ", StringComparison.Ordinal) + 6;
            for (var bit = 0; bit < whole.Length * 8; bit++)
            {
                var holds = TlogProof.TryParse(SignedNoteTests.Flip(whole, bit), out var flipped)
                    && flipped.Proves(_log.LeafHash(index), policy);
                if (holds) Assert.InRange(bit / 8, extra, extra + 3);
            }
        }
    }

    [Fact]
    public void K_of_n_witnesses_are_counted_and_those_beyond_do_not_matter()
    {
        var witnesses =
            Enumerable.Range(0, 3).Select(i => SigningKey.FromSeed(new TestRandom(10 + i).Bytes(32))).ToList();
        var lines = new StringBuilder($"# two of three\nlog {_log.NoteKey} https://log.example/\n");
        for (var i = 0; i < 3; i++) lines.Append($"witness W{i} {KeyOf(i)}\n");
        lines.Append("group few 2 W0 W1 W2\nquorum few\n");
        Assert.True(LogPolicy.TryParse(Encoding.UTF8.GetBytes(lines.ToString()), out var policy, out _));
        Assert.Equal(3, policy.Witnesses.Length);
        Assert.Equal("https://log.example/", policy.Logs[0].Url);
        var note = _log.Checkpoint.Sign(_log.Key);
        Assert.False(policy.TryAccept(note, out _));
        note = Cosign(note, 0);
        Assert.False(policy.TryAccept(note, out _));
        Assert.False(policy.TryAccept(Cosign(note, 0), out _));
        note = Cosign(note, 2);
        Assert.True(policy.TryAccept(note, out var checkpoint));
        Assert.Equal(_log.Size, checkpoint.Size);
        // A third that is wrong takes nothing from the two.
        var wrong = Cosign(note, 1).Signatures[^1];
        Assert.True(policy.TryAccept(
            note.With(wrong with { Signature = SignedNoteTests.Flip(wrong.Signature.ToArray(), 99) }), out _));

        string KeyOf(int i) =>
            NoteKey.Of($"w{i}.example", NoteSignatureType.Cosignature, witnesses[i].PublicKey).ToString();
        SignedNote Cosign(SignedNote on, int i) =>
            on.With(Cosignature.Sign(on, 1_700_000_000, $"w{i}.example", witnesses[i]));
    }

    [Theory]
    [InlineData("", "no line says the quorum")]
    [InlineData("quorum none", "does not end")]
    [InlineData("quorum none\nquorum none\n", "line 2")]
    [InlineData("quorum X\n", "line 1")]
    [InlineData("LOG {log}\nquorum none\n", "line 1")]
    [InlineData("log {witness}\nquorum none\n", "line 1")]
    [InlineData("log {log}\nlog {log}\nquorum none\n", "line 2")]
    [InlineData("witness A {log}\nquorum none\n", "line 1")]
    [InlineData("witness none {witness}\nquorum none\n", "line 1")]
    [InlineData("witness A {witness}\nwitness B {witness}\nquorum none\n", "line 2")]
    [InlineData("witness A {witness}\ngroup G 0 A\nquorum none\n", "line 2")]
    [InlineData("witness A {witness}\ngroup G 2 A\nquorum none\n", "line 2")]
    [InlineData("witness A {witness}\ngroup G 01 A\nquorum none\n", "line 2")]
    [InlineData("witness A {witness}\ngroup G any\nquorum none\n", "line 2")]
    [InlineData("witness A {witness}\ngroup G any A A\nquorum none\n", "line 2")]
    [InlineData("witness A {witness}\ngroup G any A\ngroup H any A\nquorum none\n", "line 3")]
    [InlineData("witness A {witness}\ngroup A any A\nquorum none\n", "line 2")]
    [InlineData("group G any A\nwitness A {witness}\nquorum none\n", "line 1")]
    [InlineData("witness A {witness}\ngroup G any none\nquorum none\n", "line 2")]
    [InlineData("witness A {witness}\r\nquorum none\n", "line 1")]
    [InlineData("log {log} url more\nquorum none\n", "line 1")]
    public void A_policy_that_is_none_is_told_with_its_line(string text, string fault)
    {
        var witness = NoteKey.Of("w", NoteSignatureType.Cosignature, _log.Key.PublicKey).ToString();
        var file = text.Replace("{log}", _log.NoteKey.ToString(), StringComparison.Ordinal)
            .Replace("{witness}", witness, StringComparison.Ordinal);
        Assert.False(LogPolicy.TryParse(Encoding.UTF8.GetBytes(file), out _, out var told));
        Assert.Contains(fault, told, StringComparison.Ordinal);
    }

    [Fact]
    public void A_policys_groups_have_a_bound_and_what_is_refused_is_not_opened()
    {
        var witness = NoteKey.Of("w", NoteSignatureType.Cosignature, _log.Key.PublicKey).ToString();
        Assert.True(LogPolicy.TryParse(Nested(LogPolicy.MaxOfEach), out var deep, out _));
        Assert.False(deep.TryAccept(_log.Checkpoint.Sign(_log.Key), out var checkpoint));
        Assert.Null(checkpoint);
        Assert.False(LogPolicy.TryParse(Nested(LogPolicy.MaxOfEach + 1), out _, out var fault));
        Assert.Equal("line 259: too many groups", fault);
        // Names of a file that somebody sent are not told to a terminal.
        Assert.False(LogPolicy.TryParse([.. "quorum "u8, 0x9b, .. "2J\n"u8], out _, out fault));
        Assert.DoesNotContain('\u009b', fault);

        byte[] Nested(int groups)
        {
            var lines = new StringBuilder($"log {_log.NoteKey}\nwitness 0 {witness}\n");
            for (var i = 1; i <= groups; i++) lines.Append($"group {i} any {i - 1}\n");
            return Encoding.UTF8.GetBytes($"{lines}quorum {groups}\n");
        }
    }

    [Fact]
    public void What_a_witness_answers_is_read_as_it_is_written_and_counts_below_the_checkpoint()
    {
        using var key = SigningKey.FromSeed(new TestRandom(20).Bytes(32));
        var note = _log.Checkpoint.Sign(_log.Key);
        var witness = NoteKey.Of("w.example", NoteSignatureType.Cosignature, key.PublicKey);
        var answer = WitnessAnswer.Encode(Cosignature.Sign(note, 7, "w.example", key));
        Assert.True(WitnessAnswer.TryParse(answer, out var told));
        Assert.Equal(7UL, Cosignature.FindTime(note.With(Assert.Single(told)), witness));
        foreach (var wrong in new byte[][] {
            [], [(byte)'\n'], answer[..^1], [.. answer, (byte)'\n'], [(byte)'\n', .. answer], new byte[1 << 20],
            [.. Enumerable.Repeat(answer, SignedNote.MaxSignatures + 1).SelectMany(line => line)],
        })
            Assert.False(WitnessAnswer.TryParse(wrong, out _));
        Assert.Throws<ArgumentException>(() => WitnessAnswer.Encode());

        foreach (var size in new[] { 0UL, 20852163UL, (ulong)long.MaxValue })
        {
            Assert.True(WitnessAnswer.TryParseSize(WitnessAnswer.EncodeSize(size), out var read));
            Assert.Equal(size, read);
        }

        string[] sizes = ["", "\n", "1", "01\n", "1\r\n", "+1\n", " 1\n", "1\n\n", "9223372036854775808\n"];
        foreach (var wrong in sizes)
            Assert.False(WitnessAnswer.TryParseSize(Encoding.UTF8.GetBytes(wrong), out _), wrong);
        // `printf log.example/one | sha256sum`.
        Assert.Equal(
            "bdc0c3dca386bdad88431ffca58979085946c04048bcd237ed04e388f75c92f3/checkpoint",
            WitnessAnswer.CheckpointPath(GrownLog.Origin));
    }

    [Fact]
    public void A_request_to_a_witness_is_read_as_it_is_written()
    {
        var proof = _log.Hashes(MerkleProof.Consistency(4, _log.Size));
        var bytes = new WitnessRequest(4, [.. proof], _log.Checkpoint.Sign(_log.Key)).Encode();
        Assert.True(WitnessRequest.TryParse(bytes, out var read));
        Assert.Equal((4UL, proof.Length), (read.OldSize, read.Proof.Length));
        Assert.Equal(bytes, read.Encode());
        var text = Encoding.UTF8.GetString(bytes);
        foreach (var wrong in new[] { $"old 04{text[5..]}", $"Old{text[3..]}", $"old -4{text[5..]}", text[5..] })
            Assert.False(WitnessRequest.TryParse(Encoding.UTF8.GetBytes(wrong), out _));
    }
}
