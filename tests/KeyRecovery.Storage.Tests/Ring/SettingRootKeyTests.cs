using KeyRecovery.Service.Keys;
using KeyRecovery.Storage.Files.Ring;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Ring;

/// <summary>A root key from the environment.</summary>
public sealed class SettingRootKeyTests : IDisposable
{
    private readonly StoreFolder _folder = new();
    private readonly string _key = Convert.ToBase64String(SystemRandom.Bytes(32));
    private readonly string _next = Convert.ToBase64String(SystemRandom.Bytes(32));

    public void Dispose() => _folder.Dispose();

    private SettingRootKey Open(string key, string? next = null) =>
        SettingRootKey.Open(_folder.Root, key, next, SystemRandom.Instance);

    private FileKekRing Ring(IRootKey root, bool mayCreate = false) =>
        FileKekRing.Open(_folder.Root, root, SystemRandom.Instance, TimeProvider.System, mayCreate);

    [Fact]
    public async Task A_ring_moves_from_one_to_the_next_and_the_first_opens_it_no_more()
    {
        using (var root = Open(_key)) Ring(root, mayCreate: true).Dispose();
        using (var both = Open(_key, _next))
        {
            Assert.True(both.IsRotating);
            using var ring = Ring(both);
            Assert.IsType<RingResult.Done>(await ring.ResealAsync(default));
            Assert.IsType<RingResult.Done>(both.Finish());
            Assert.False(both.IsRotating);
            Assert.IsType<RingResult.Done>(await ring.AddNextAsync(default));
        }

        using (var old = Open(_key)) Assert.Throws<KekRingException>(() => Ring(old));
        using (var still = Open(_key, _next)) Ring(still).Dispose();
        using (var alone = Open(_next)) Ring(alone).Dispose();
    }

    [Fact]
    public void Without_a_next_one_there_is_nothing_to_change_to()
    {
        using var root = Open(_key);
        Assert.Contains(
            "RootKeyNext", Assert.IsType<RingResult.Refused>(root.AddNext()).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("c2hvcnQ=")]
    [InlineData("not base64 at all, and long enough to be a key of 32 bytes")]
    public void What_is_no_key_is_refused_and_never_repeated(string key)
    {
        Assert.False(SettingRootKey.IsKey(key));
        var refused = Assert.Throws<KekRingException>(() => Open(key));
        if (key.Length > 0) Assert.DoesNotContain(key, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_root_keys_and_the_same_key_twice_are_refused()
    {
        Assert.Throws<KekRingException>(() => Open(_key, _key));
        FileRootKey.Open(_folder.Root, SystemRandom.Instance, mayCreate: true).Dispose();
        Assert.Throws<KekRingException>(() => Open(_key));
    }

    [Fact]
    public void It_prints_nothing_of_itself()
    {
        using var root = Open(_key, _next);
        Assert.Equal("[redacted]", root.ToString());
    }
}
