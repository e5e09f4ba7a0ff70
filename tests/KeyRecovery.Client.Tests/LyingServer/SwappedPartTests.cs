using System.Text;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// What malicious servers did to password managers (eprint 2026/058) with parts that were all sealed well: swapped,
/// moved, dropped, told again, or their addresses looked up. Each row is named by the tags of the attacks of its kind.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class SwappedPartTests(SwappedPartsFixture fixture, ServerFixture server)
    : IClassFixture<SwappedPartsFixture>
{
    private static readonly Dictionary<string, (Action<SwappedParts> Lie, Func<SwappedParts, Task<ClientFailure>> Read,
        ProtocolFault Fault)> Rows = new()
        {
            ["BW05, LP02: two items are swapped"] =
                (p => p.TellItem(p.SealedSite), GetAsync, ProtocolFault.ItemHash),
            ["BW05, LP02: two of many items are swapped"] =
                (p => p.TellItems(p.SealedSite, p.Versions[^1]), GetAllAsync, ProtocolFault.ItemHash),
            ["BW05, LP02: two entries of the table have each other's content"] =
                (p => p.TellVault(p.WithManifest(Exchanged)), ReadAsync, ProtocolFault.ManifestSignature),
            ["BW05, LP02: names are those of another version"] =
                (p => p.TellVault(p.WithManifest(m => m with { Private = OldPrivate(p) })), ReadAsync,
                    ProtocolFault.ManifestSignature),
            ["BW08, LP05: an item comes from another account"] =
                (p => p.TellItem(p.OfOther), GetAsync, ProtocolFault.ItemHash),
            ["BW08, LP05: an entry names another account's item"] =
                (p => p.TellVault(p.WithManifest(m => WithHash(m, p.OfOther))), ReadAsync,
                    ProtocolFault.ManifestSignature),
            ["BW08, LP05: an item has another one's header"] =
                (p => p.TellItem(WithHeader(p.Versions[^1], p.SealedSite)), GetAsync, ProtocolFault.ItemHash),
            ["BW09, DL01: an older version stands under the newer header"] =
                (p => p.TellItem(WithHeader(p.Versions[0], p.Versions[^1])), GetAsync, ProtocolFault.ItemHash),
            ["BW09, DL01: an older version is told for the newest"] =
                (p => p.TellItem(p.Versions[0]), GetAsync, ProtocolFault.ItemHash),
            ["DL01: an entry of the table is the older one"] =
                (p => p.TellVault(p.WithManifest(m => WithHash(m, p.Versions[0]))), ReadAsync,
                    ProtocolFault.ManifestSignature),
            ["DL01: two older versions have each other's hash"] =
                (p => p.TellVersions(text => Swapped(text, p.Versions[0], p.Versions[1])), GetOldAsync,
                    ProtocolFault.ItemHeader),
            ["DL01: an older vault is told again"] =
                (p => p.TellVault(p.Before), RefreshAsync, ProtocolFault.RolledBackChain),
            ["DL01, 1P: what was deleted is back"] =
                (p => p.TellVault(p.Now with { Manifest = p.Before.Manifest }), RefreshAsync,
                    ProtocolFault.RolledBackChain),
            ["1P: an item is dropped from the table"] =
                (p => p.TellVault(p.WithManifest(m => m with { Items = m.Items[1..] })), ReadAsync,
                    ProtocolFault.ManifestSignature),
            ["LP, DL, 1P: keysets of two epochs are mixed"] =
                (p => p.TellVault(p.Now with { Keysets = p.Before.Keysets }), ReadAsync, ProtocolFault.KeysetEpoch),
            ["LP, DL, 1P: keysets of two accounts are mixed"] =
                (p => p.TellVault(p.Now with { Keysets = p.Other.TruthAsync().Result.Keysets }), ReadAsync,
                    ProtocolFault.OtherAccount),
            ["1P: one of many items comes twice"] =
                (p => p.TellItems(p.Versions[^1], p.Versions[^1]), GetAllAsync, ProtocolFault.ItemHash),
            ["1P: more items come than were asked for"] =
                (p => p.TellItems(p.Versions[^1], p.SealedSite, p.Versions[0]), GetAllAsync, ProtocolFault.Malformed),
        };

    private readonly SwappedParts _parts = fixture.Parts;

    public static TheoryData<string> Names => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Z06_parts_that_are_swapped_moved_dropped_or_told_again_are_refused(string name)
    {
        var (lie, read, fault) = Rows[name];
        lie(_parts);
        var failure = await read(_parts);
        _parts.TellTheTruth();
        Assert.Equal(fault, failure is ClientFailure.RolledBack rolledBack
            ? rolledBack.Fault : Assert.IsType<ClientFailure.ServerLied>(failure).Fault);
        // Nothing of it stays: the account is what it was.
        TestDevice.Value(await _parts.Scene.OnPhone.RefreshAsync());
        Assert.Equal("third"u8.ToArray(), TestDevice.Value(await _parts.Scene.OnPhone.GetAsync("identity")));
    }

    [Fact]
    public async Task Z06_what_is_left_out_is_told_as_lost_and_never_as_something_older()
    {
        var phone = _parts.Scene.OnPhone;
        _parts.TellItems([], _parts.SealedSite);
        Assert.IsType<ClientFailure.ItemLost>(await GetAllAsync(_parts));
        _parts.Scene.Liar.Instead = heard => heard.Path.StartsWith("/v1/items/", StringComparison.Ordinal)
            && heard.Method == "GET" && !heard.Path.EndsWith("/versions", StringComparison.Ordinal)
                ? Told.Problem(404, ProblemTypes.NotFound) : null;
        Assert.Equal(new ClientFailure.ItemLost("identity"), await GetAsync(_parts));
        _parts.Scene.Liar.Instead = null;
        _parts.TellVersions(_ => "{\"versions\":[]}");
        Assert.IsType<ClientFailure.NoSuchItem>(await GetOldAsync(_parts));
        Assert.Single(TestDevice.Value(await phone.HistoryAsync("identity")));
        _parts.TellTheTruth();
    }

    [Fact]
    public async Task Z06_names_addresses_lengths_and_times_leave_a_client_sealed_and_no_address_is_looked_up()
    {
        await using var site = new Liar(server.Server.Address);
        var phone = _parts.Scene.OnPhone;
        var address = new Uri(site.Address, "/favicon.ico").ToString();
        TestDevice.Value(await phone.PutAsync(address, Encoding.UTF8.GetBytes(address)));
        TestDevice.Value(await phone.GetAllAsync());
        TestDevice.Value(await phone.HistoryAsync(address));
        using (var session = TestDevice.Value(await _parts.Scene.Device().Client.BeginRecoveryAsync(_parts.Scene.Code)))
            TestDevice.Value(await session.CheckItemsAsync());
        Assert.Empty(site.Heard);
        var scanner = new CanaryScanner(
        [
            Canary.Of("a name", SwappedParts.Site), Canary.Of("a host", "bank.example"), Canary.Of("address", address),
            Canary.Of("content", "secret of the site"), Canary.Of("content", _parts.Scene.Content),
        ]);
        foreach (var heard in _parts.Scene.Liar.Heard) Assert.Empty(scanner.Scan(heard.Target, heard.Bytes));
        Assert.True(scanner.Scanned > 10_000);
        Assert.NotEmpty(scanner.Scan("control", Encoding.UTF8.GetBytes($"?icon={SwappedParts.Site}")));
    }

    private static async Task<ClientFailure> GetAsync(SwappedParts parts) =>
        TestDevice.Failure(await parts.Scene.OnPhone.GetAsync("identity"));

    private static async Task<ClientFailure> GetOldAsync(SwappedParts parts) =>
        TestDevice.Failure(await parts.Scene.OnPhone.GetAsync("identity", 2));

    private static async Task<ClientFailure> GetAllAsync(SwappedParts parts) =>
        TestDevice.Failure(await parts.Scene.OnPhone.GetAllAsync(["identity", SwappedParts.Site]));

    /// <summary>As who comes with the code. Who knows the account sees that it is not what it was.</summary>
    private static async Task<ClientFailure> ReadAsync(SwappedParts parts)
    {
        Assert.True(await RefreshAsync(parts) is ClientFailure.RolledBack or ClientFailure.ServerLied);
        return TestDevice.Failure(await parts.Scene.Device().Client.BeginRecoveryAsync(parts.Scene.Code));
    }

    private static async Task<ClientFailure> RefreshAsync(SwappedParts parts) =>
        TestDevice.Failure(await parts.Scene.OnPhone.RefreshAsync());

    private static Manifest Exchanged(Manifest manifest) => manifest with
    {
        Items =
        [
            manifest.Items[0] with { Hash = manifest.Items[1].Hash, Size = manifest.Items[1].Size },
            manifest.Items[1] with { Hash = manifest.Items[0].Hash, Size = manifest.Items[0].Size },
        ],
    };

    private static Manifest WithHash(Manifest manifest, byte[] item) => manifest with
    {
        Items = manifest.Items.SetItem(0, manifest.Items[0] with { Hash = Hash256.Of(item), Size = item.Length }),
    };

    private static ReadOnlyMemory<byte> OldPrivate(SwappedParts parts) =>
        SignedManifest.Decode(parts.Before.Manifest).Manifest.Private;

    private static byte[] WithHeader(byte[] item, byte[] of) => [.. of[..ItemHeader.Size], .. item[ItemHeader.Size..]];

    private static string Swapped(string text, byte[] one, byte[] other)
    {
        var (first, second) = (Hash256.Of(one).ToString(), Hash256.Of(other).ToString());
        return text.Replace(first, "#", StringComparison.Ordinal).Replace(second, first, StringComparison.Ordinal)
            .Replace("#", second, StringComparison.Ordinal);
    }
}
