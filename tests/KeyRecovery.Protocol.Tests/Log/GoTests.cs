using System.Text;
using System.Text.Json;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Tests.Peers;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Protocol.Tests.Log;

/// <summary>
/// Our checkpoints, tiles and bundles, read by the implementation of Go's checksum database (golang.org/x/mod/sumdb),
/// and its proofs and notes read by ours.
/// </summary>
public sealed class GoTests : IDisposable
{
    private const string Signer = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    private const string Verifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    private readonly string _folder = Directory.CreateTempSubdirectory("keyrecovery-go-").FullName;

    [NeedsTheory(Need.Go, Need.GoMod)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(256)]
    [InlineData(300)]
    public void Go_verifies_each_leaf_and_makes_the_proofs_that_ours_makes(int size)
    {
        var log = new GrownLog(size);
        log.Write(_folder);

        var answer = Run(log);

        Assert.Equal(size, answer.GetProperty("Size").GetInt32());
        for (var index = 0; index < size; index++)
        {
            var proof = Hashes(answer.GetProperty("Inclusion")[index]);
            Assert.Equal(log.Inclusion(index), proof);
            Assert.True(MerkleProof.VerifyInclusion(
                log.LeafHash(index), (ulong)index, log.Size, log.Checkpoint.Root, proof));
        }

        for (var from = 1; from <= size; from++)
        {
            var told = Hashes(answer.GetProperty("Consistency")[from - 1]);
            var (root, proof) = (told[0], told[1..]);
            Assert.Equal(log.Root(0, from), root);
            Assert.Equal(log.Hashes(MerkleProof.Consistency((ulong)from, log.Size)), proof);
            Assert.True(MerkleProof.VerifyConsistency((ulong)from, root, log.Size, log.Checkpoint.Root, proof));
        }

        var cosigned = Encoding.UTF8.GetBytes(answer.GetProperty("Note").GetString()!);
        Assert.True(NoteKey.TryParse(Verifier, out var other));
        Assert.True(SignedNote.TryParse(cosigned, out var note));
        Assert.True(note.IsSignedBy(other) && note.IsSignedBy(log.NoteKey));
        Assert.Equal(2, note.Signatures.Length);
    }

    [NeedsFact(Need.Go, Need.GoMod)]
    public void Go_reads_a_checkpoint_below_which_witnesses_have_signed_by_a_type_that_it_does_not_know()
    {
        var log = new GrownLog(7);
        log.Write(_folder);
        var note = log.Checkpoint.Sign(log.Key);
        for (var i = 0; i < 3; i++)
            note = note.With(Cosignature.Sign(
                note, 1_800_000_000, $"witness.example/{i}", SigningKey.FromSeed(new TestRandom(i).Bytes(32))));
        File.WriteAllBytes(Path.Combine(_folder, "checkpoint"), note.Encode());

        Assert.Equal(7, Run(log).GetProperty("Size").GetInt32());
        // The control: without the log's own line it is nobody's.
        File.WriteAllBytes(Path.Combine(_folder, "checkpoint"), note.Only([]).With(note.Signatures[1]).Encode());
        Assert.Throws<InvalidOperationException>(() => Run(log));
    }

    [NeedsFact(Need.Go, Need.GoMod)]
    public void Control_Go_refuses_a_tile_an_entry_and_a_checkpoint_in_which_one_bit_is_another()
    {
        foreach (var name in new[] { "checkpoint", "tile/0/000.p/9", "tile/entries/000.p/9" })
        {
            var log = new GrownLog(9);
            log.Write(_folder);
            var path = Path.Combine(_folder, name);
            File.WriteAllBytes(path, SignedNoteTests.Flip(File.ReadAllBytes(path), 20 * 8));
            Assert.Throws<InvalidOperationException>(() => Run(log));
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private JsonElement Run(GrownLog log) =>
        JsonDocument.Parse(GoPeer.Run("tlog.go", _folder, log.NoteKey.ToString(), Signer)).RootElement;

    private static Hash256[] Hashes(JsonElement told) =>
        [.. told.EnumerateArray().Select(hash => new Hash256(Convert.FromBase64String(hash.GetString()!)))];
}
