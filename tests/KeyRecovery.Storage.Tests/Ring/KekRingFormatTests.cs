using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Keys;
using KeyRecovery.Storage.Files.Ring;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Ring;

/// <summary>Rings as later versions of a server leave them.</summary>
public sealed class KekRingFormatTests : IDisposable
{
    private readonly StoreFolder _folder = new();
    private readonly FileRootKey _root;

    public KekRingFormatTests() => _root = FileRootKey.Open(_folder.Root, SystemRandom.Instance, mayCreate: true);

    public void Dispose()
    {
        _root.Dispose();
        _folder.Dispose();
    }

    private static KekEntry Entry(uint id, KekState state) =>
        new(new KekId(id), state, 490_000, state == KekState.Destroyed
            ? null : SecretBytes.Random(32, SystemRandom.Instance));

    private FileKekRing Open(params KekEntry[] entries)
    {
        File.WriteAllBytes(Path.Combine(_folder.Root, FileKekRing.FileName), KekRingFormat.Write(entries, _root));
        return FileKekRing.Open(_folder.Root, _root, SystemRandom.Instance, TimeProvider.System, mayCreate: false);
    }

    [Fact]
    public void All_four_states_have_their_place_and_a_destroyed_KEK_has_no_key()
    {
        KekEntry[] entries =
            [Entry(1, KekState.Destroyed), Entry(2, KekState.Retiring), Entry(3, KekState.Current),
                Entry(4, KekState.Next)];
        using var ring = Open(entries);
        Assert.False(ring.TryGet(new KekId(1), out _));
        foreach (var entry in entries[1..])
        {
            Assert.True(ring.TryGet(entry.Id, out var kek));
            Assert.Equal(entry.State, kek.State);
            Assert.Equal(entry.Key!.Span.ToArray(), kek.Key.Span.ToArray());
        }

        Assert.Equal(new KekId(3), ring.Current.Id);
        var read = KekRingFormat.Read(KekRingFormat.Write(entries, _root), _root, "");
        Assert.Equal(entries.Select(entry => (entry.Id, entry.State, entry.SinceHour)),
            read.Select(entry => (entry.Id, entry.State, entry.SinceHour)));
    }

    [Fact]
    public void A_ring_without_a_current_KEK_or_with_two_or_with_an_id_twice_is_refused()
    {
        Assert.Throws<KekRingException>(() => Open());
        Assert.Throws<KekRingException>(() => Open(Entry(1, KekState.Retiring), Entry(2, KekState.Next)));
        Assert.Throws<KekRingException>(() => Open(Entry(1, KekState.Current), Entry(2, KekState.Current)));
        Assert.Throws<KekRingException>(() => Open(Entry(1, KekState.Current), Entry(1, KekState.Retiring)));
        Assert.Throws<KekRingException>(() => Open(Entry(1, KekState.Current), Entry(2, (KekState)5)));
    }
}
