using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>A server that swaps keys or seals of a keyset is caught by the SDK and named.</summary>
[Collection(ServerTests.Name)]
public sealed class LyingKeysetTests(ServerFixture fixture) : LiedTo(fixture)
{
    [Fact]
    public async Task A_substituted_KEM_key()
    {
        using var vault = await CreateAsync();
        using var own = KemPrivateKey.FromSeed(Lies.Seed());
        LieToPhone(
            told => told with {
                Keysets = Reseal(
                    told,
                    entries => Replace(entries, vault.Device, e => e with { KemKey = own.PublicKey }, other: true)),
            },
            whole: true);
        Assert.Equal(new ClientFailure.ServerLied(ProtocolFault.SubstitutedKemKey),
            TestDevice.Failure(await vault.RefreshAsync()));
    }

    [Fact]
    public async Task A_keyset_with_one_seal_changed_is_not_the_one_that_the_chain_names()
    {
        using var vault = await CreateAsync();
        LieToPhone(
            told => told with {
                Keysets = Reseal(
                    told, entries => Replace(
                        entries, vault.Device, e => e with { Seal = new byte[e.Seal.Length] }, other: true)),
            },
            whole: true);
        Assert.Equal(
            new ClientFailure.ServerLied(ProtocolFault.KeysetHash), TestDevice.Failure(await vault.RefreshAsync()));
    }

    [Fact]
    public async Task A_keyset_of_another_epoch()
    {
        using var vault = await CreateAsync();
        var old = await TellAsync();
        TestDevice.Value(await vault.MendAsync());
        LieToPhone(told => told with { Keysets = old.Keysets }, whole: true);
        Assert.Equal(
            new ClientFailure.ServerLied(ProtocolFault.KeysetEpoch), TestDevice.Failure(await vault.RefreshAsync()));
    }

    private static ImmutableArray<ReadOnlyMemory<byte>> Reseal(
        VaultBundle told, Func<ImmutableArray<KeysetEntry>, ImmutableArray<KeysetEntry>> change)
    {
        var keyset = Keyset.Decode(told.Keysets[0]);
        return told.Keysets.SetItem(0, Lies.Encode(keyset, change(keyset.Entries)));
    }

    private static ImmutableArray<KeysetEntry> Replace(
        ImmutableArray<KeysetEntry> entries, AuthorityId id, Func<KeysetEntry, KeysetEntry> change, bool other) =>
        [.. entries.Select(e => e.Id == id != other ? change(e) : e)];
}
