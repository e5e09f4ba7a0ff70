using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Backups;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Backups;

/// <summary>A sealed key store is read whole, as it was written, or not at all.</summary>
public sealed class SealedStreamTests
{
    private const int HeaderSize = 23;

    private static readonly BackupSetId Set = new(new byte[16]);

    private readonly TestRandom _random = new(3);
    private readonly SecretBytes _kek = SecretBytes.Copy(new byte[32]);

    [Theory]
    [InlineData(1)]
    [InlineData(SealedWriter.PieceSize - 5)]
    [InlineData(SealedWriter.PieceSize - 4)]
    [InlineData(SealedWriter.PieceSize - 3)]
    [InlineData((2 * SealedWriter.PieceSize) - 4)]
    [InlineData((3 * SealedWriter.PieceSize) + 17)]
    public void Records_of_every_length_around_a_piece_come_back(int length)
    {
        var record = _random.Bytes(length);
        using var reader = new SealedReader(new MemoryStream(Seal(record, [7])), _kek, Set);
        Assert.Equal(record, reader.Read());
        Assert.Equal([7], reader.Read());
        reader.End();
    }

    [Fact]
    public void Pieces_that_are_moved_dropped_doubled_cut_or_added_to_are_refused()
    {
        var whole = Seal(_random.Bytes(SealedWriter.PieceSize), _random.Bytes(SealedWriter.PieceSize), [7]);
        var pieces = Pieces(whole);
        Assert.Equal(3, pieces.Count);
        var header = whole[..HeaderSize];
        foreach (var (name, changed) in new (string, byte[][])[]
        {
            ("swapped", [pieces[1], pieces[0], pieces[2]]), ("dropped first", [pieces[1], pieces[2]]),
            ("dropped last", [pieces[0], pieces[1]]),
            ("doubled", [pieces[0], pieces[0], pieces[1], pieces[2]]), ("ended early", [pieces[0], pieces[2]]),
            ("added", [.. pieces, pieces[2]]), ("nothing", []),
        }) Assert.True(IsRefused([.. header, .. changed.SelectMany(piece => piece)], _kek, Set), name);

        for (var length = 0; length < whole.Length; length += 997)
            Assert.True(IsRefused(whole[..length], _kek, Set), $"cut at {length}");
        for (var at = 0; at < whole.Length; at += 991)
        {
            var changed = (byte[])whole.Clone();
            changed[at] ^= 0x40;
            Assert.True(IsRefused(changed, _kek, Set), $"changed at {at}");
        }

        // The control, and another KEK, and another set.
        Assert.False(IsRefused(whole, _kek, Set));
        using var other = SecretBytes.Copy([.. Enumerable.Repeat((byte)1, 32)]);
        Assert.True(IsRefused(whole, other, Set));
        Assert.True(IsRefused(whole, _kek, new BackupSetId([.. Enumerable.Repeat((byte)1, 16)])));
    }

    private static bool IsRefused(byte[] bytes, SecretBytes kek, BackupSetId set)
    {
        try
        {
            using var reader = new SealedReader(new MemoryStream(bytes), kek, set);
            for (var i = 0; i < 3; i++) reader.Read();
            reader.End();
            return false;
        }
        catch (WireFormatException)
        {
            return true;
        }
    }

    private byte[] Seal(params byte[][] records)
    {
        using var to = new MemoryStream();
        using (var writer = new SealedWriter(to, _kek, Set, _random))
        {
            foreach (var record in records) writer.Write(record);
            writer.Complete();
        }

        return to.ToArray();
    }

    private static List<byte[]> Pieces(byte[] whole)
    {
        var pieces = new List<byte[]>();
        for (var at = HeaderSize; at < whole.Length;)
        {
            var length = 4 + System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(whole.AsSpan(at));
            pieces.Add(whole[at..(at + length)]);
            at += length;
        }

        return pieces;
    }
}
