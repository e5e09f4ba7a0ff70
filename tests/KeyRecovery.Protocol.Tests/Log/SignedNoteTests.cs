using System.Text;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Tests.Log;

/// <summary>Signed notes and checkpoints, those of others and ours, and whatever is almost one.</summary>
public class SignedNoteTests
{
    /// <summary>The example of C2SP signed-note, "Example".</summary>
    private const string Key = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    private const string Note =
        "This is an example message.\n\n\u2014 example.com/foo "
        + "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

    /// <summary>The key and note of golang.org/x/mod/sumdb/note's documentation and tests.</summary>
    private const string GoKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    private const string GoNote =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
        + "\u2014 PeterNeumann "
        + "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    [Theory]
    [InlineData(Key, Note)]
    [InlineData(GoKey, GoNote)]
    public void Notes_that_others_published_are_taken(string verifier, string text)
    {
        Assert.True(NoteKey.TryParse(verifier, out var key));
        Assert.Equal(verifier, key.ToString());
        Assert.True(SignedNote.TryParse(Encoding.UTF8.GetBytes(text), out var note));
        Assert.True(note.IsSignedBy(key));
        Assert.Equal(text, Encoding.UTF8.GetString(note.Encode()));
    }

    [Fact]
    public void Every_bit_of_a_checkpoint_is_signed_or_says_who_signed()
    {
        var log = new GrownLog(5);
        var whole = log.Checkpoint.Sign(log.Key).Encode();
        Assert.True(Checkpoint.TryOpen(whole, log.NoteKey, out _));
        for (var bit = 0; bit < whole.Length * 8; bit++)
            Assert.False(Checkpoint.TryOpen(Flip(whole, bit), log.NoteKey, out _), $"bit {bit}");
    }

    [Fact]
    public void Every_bit_of_a_cosignature_counts_and_none_of_a_strangers_line()
    {
        var log = new GrownLog(5);
        using var witness = SigningKey.FromSeed(new TestRandom(1).Bytes(32));
        using var stranger = SigningKey.FromSeed(new TestRandom(2).Bytes(32));
        var key = NoteKey.Of("witness.example/w", NoteSignatureType.Cosignature, witness.PublicKey);
        var note = log.Checkpoint.Sign(log.Key);
        var plain = note.Encode();
        var cosigned = note.With(Cosignature.Sign(note, 1_700_000_000, key.Name, witness));
        Assert.Equal(1_700_000_000UL, Cosignature.FindTime(cosigned, key));
        Assert.Null(Cosignature.FindTime(note, key));
        var whole = cosigned.Encode();
        for (var bit = plain.Length * 8; bit < whole.Length * 8; bit++)
            Assert.False(
                SignedNote.TryParse(Flip(whole, bit), out var read) && Cosignature.FindTime(read, key) is not null);

        // Not authenticated, by the standard: a line of a key that the reader does not know.
        var beside = cosigned.With(Cosignature.Sign(note, 1, "stranger.example/w", stranger));
        var (all, ignored) = (beside.Encode(), 0);
        for (var bit = whole.Length * 8; bit < all.Length * 8; bit++)
        {
            if (!SignedNote.TryParse(Flip(all, bit), out var read)) continue;
            Assert.True(Checkpoint.TryOpen(read, log.NoteKey, out _));
            ignored++;
        }

        Assert.InRange(ignored, 100, all.Length * 8);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("text\n")]
    [InlineData("text\n\n")]
    [InlineData("text\n\n\u2014 name AAAAAAA=")]
    [InlineData("text\n\n\u2014 name AAAAAAA=\n\n")]
    [InlineData("text\n\n- name AAAAAAA=\n")]
    [InlineData("text\n\n\u2014 name  AAAAAAA=\n")]
    [InlineData("text\n\n\u2014  AAAAAAA=\n")]
    [InlineData("text\n\n\u2014 na\u00a0me AAAAAAA=\n")]
    [InlineData("text\n\n\u2014 na+me AAAAAAA=\n")]
    [InlineData("text\n\n\u2014 name AAAAAA==\n")]
    [InlineData("text\n\n\u2014 name AAAAAAB=\n")]
    [InlineData("text\n\n\u2014 name AAAAAAA\n")]
    [InlineData("text\n\n\u2014 name AAAA AAA=\n")]
    [InlineData("text\n\n\u2014 name AAAAAAA= \n")]
    [InlineData("te\rxt\n\n\u2014 name AAAAAAA=\n")]
    [InlineData("text\r\n\r\n\u2014 name AAAAAAA=\r\n")]
    [InlineData("te\0xt\n\n\u2014 name AAAAAAA=\n")]
    [InlineData("te\txt\n\n\u2014 name AAAAAAA=\n")]
    public void What_is_almost_a_note_is_none(string text) =>
        Assert.False(SignedNote.TryParse(Encoding.UTF8.GetBytes(text), out _));

    /// <summary>C2SP signed-note: "Verifiers MUST ignore signatures from unknown keys".</summary>
    [Fact]
    public void A_strangers_line_never_makes_a_note_unreadable_whatever_its_name()
    {
        var log = new GrownLog(2);
        var note = log.Checkpoint.Sign(log.Key);
        string[] names = [new string('x', 300), "a\u007fb", "a\u009bb", "\u202egnol", "\U0001f511", "\u2014"];
        foreach (var name in names)
        {
            var beside = note.With(new NoteSignature(name, 1, new byte[] { 1 }));
            Assert.True(Checkpoint.TryOpen(beside.Encode(), log.NoteKey, out _), name);
        }

        // The log's own name under another id, and its id under another name, are strangers as well.
        var own = note.Signatures[0];
        Assert.True(Checkpoint.TryOpen(note.With(own with { KeyId = own.KeyId ^ 1 }).Encode(), log.NoteKey, out _));
        Assert.True(Checkpoint.TryOpen(note.With(own with { Name = "other" }).Encode(), log.NoteKey, out _));
        Assert.True(Checkpoint.TryOpen(note.With(own).Encode(), log.NoteKey, out _));
        // One of its own that does not hold: the whole note is refused.
        var wrong = own with { Signature = new byte[64] };
        Assert.False(Checkpoint.TryOpen(note.With(wrong).Encode(), log.NoteKey, out _));
    }

    [Fact]
    public void No_line_is_smuggled_in_by_a_signatures_name()
    {
        var note = SignedNote.Sign("text\n", "name", new GrownLog(1).Key);
        foreach (var name in new[] { "", "a b", "a+b", "a AAAAAAA=\n\u2014 b", "a\0" })
            Assert.Throws<ArgumentException>(() => note.With(new NoteSignature(name, 1, new byte[] { 1 })));
        Assert.Throws<ArgumentException>(() => note.With(new NoteSignature("name", 1, default)));
    }

    [Fact]
    public void Only_checkpoints_are_cosigned_and_with_a_time_that_can_be()
    {
        var log = new GrownLog(1);
        using var key = SigningKey.FromSeed(new byte[32]);
        var (note, text) = (log.Checkpoint.Sign(log.Key), SignedNote.Sign("text\n", "name", log.Key));
        Assert.Throws<ArgumentException>(() => Cosignature.Sign(text, 1, "w", key));
        Assert.Throws<ArgumentException>(() => Cosignature.Sign(note, 0, "w", key));
        Assert.Throws<ArgumentException>(() => Cosignature.Sign(note, 1UL << 63, "w", key));
        var witness = NoteKey.Of("w", NoteSignatureType.Cosignature, key.PublicKey);
        var last = Cosignature.Sign(note, long.MaxValue, "w", key);
        Assert.Equal((ulong)long.MaxValue, Cosignature.FindTime(note.With(last), witness));
        Assert.Null(Cosignature.FindTime(text.With(last), witness));
        // Signed by a log are only those that a reader takes.
        Assert.Throws<InvalidOperationException>(() => new Checkpoint("log", 1UL << 63, default).Sign(key));
        Assert.Throws<InvalidOperationException>(() => new Checkpoint("log", 0, default).Sign(key));
        Assert.Throws<ArgumentException>(() => new Checkpoint("log\n5", 1, default).Sign(key));
    }

    [Fact]
    public void Names_and_notes_have_bounds()
    {
        using var key = SigningKey.FromSeed(new byte[32]);
        foreach (var name in new[] {
            "", " ", "a b", "a+b", "a\nb", "a\u2003b", "a\u0085b", new string('x', 1 << 20), "\ud800",
        })
        {
            Assert.False(NoteKey.IsName(name));
            Assert.Throws<ArgumentException>(() => SignedNote.Sign("text\n", name, key));
        }

        // Not a space: shown the other way round, and as good a name as any.
        Assert.True(NoteKey.IsName("a\u202eb"));
        foreach (var text in new[] { "text", "a\rb\n", "\0\n", "\ud800\n" })
            Assert.Throws<ArgumentException>(() => SignedNote.Sign(text, "name", key));
        Assert.False(SignedNote.TryParse([0xff, 0x0a, 0x0a], out _));
        var note = SignedNote.Sign("text\n", "name", key);
        for (var i = 1; i < SignedNote.MaxSignatures; i++) note = note.With(note.Signatures[0]);
        Assert.True(SignedNote.TryParse(note.Encode(), out _));
        Assert.False(SignedNote.TryParse(note.With(note.Signatures[0]).Encode(), out _));
        var large = SignedNote.Sign(new string('x', 1 << 20) + "\n", "name", key);
        Assert.False(SignedNote.TryParse(large.Encode(), out _));
    }

    [Theory]
    [InlineData("origin\n1\n")]
    [InlineData("origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")]
    [InlineData("\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n")]
    [InlineData("origin\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n")]
    [InlineData("origin\n+1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n")]
    [InlineData("origin\n9223372036854775808\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n")]
    [InlineData("origin\n0\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n")]
    [InlineData("origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jx\n")]
    [InlineData("origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n")]
    [InlineData("origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n")]
    [InlineData("origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\nmore\n")]
    public void What_is_almost_a_checkpoint_is_none(string text) => Assert.False(Checkpoint.TryParse(text, out _));

    [Fact]
    public void Extension_lines_are_read_over_and_another_logs_key_is_refused()
    {
        const string Text = "origin\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nmore\n";
        Assert.True(Checkpoint.TryParse(Text, out var checkpoint));
        Assert.Equal(("origin", 20852163UL), (checkpoint.Origin, checkpoint.Size));
        using var key = SigningKey.FromSeed(new byte[32]);
        var other = NoteKey.Of("other", NoteSignatureType.Ed25519, key.PublicKey);
        Assert.False(Checkpoint.TryOpen(SignedNote.Sign(Text, "other", key), other, out _));
    }

    internal static byte[] Flip(byte[] bytes, int bit)
    {
        var flipped = bytes.ToArray();
        flipped[bit / 8] ^= (byte)(1 << (bit % 8));
        return flipped;
    }
}
