using System.Collections.Immutable;
using System.Text;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// An account with a past, and all of it in the liar's hands: three items, of which one has three versions and one was
/// deleted, and two epochs. Another account has an item of the same name.
/// </summary>
internal sealed class SwappedParts : IAsyncDisposable
{
    /// <summary>An item whose name is an address, as a password's is.</summary>
    public const string Site = "https://bank.example/login?user=canary-of-a-name";

    private readonly Dictionary<Hash256, byte[]> _items = [];
    private ItemId _site;

    private SwappedParts(LiarScene scene, LiarScene other) => (Scene, Other) = (scene, other);

    public LiarScene Scene { get; }

    public LiarScene Other { get; }

    /// <summary>Before the deletion and the second epoch.</summary>
    public VaultBundle Before { get; private set; } = null!;

    public VaultBundle Now { get; private set; } = null!;

    public Manifest Manifest => SignedManifest.Decode(Now.Manifest).Manifest;

    public static async Task<SwappedParts> BeginAsync(ServerProcess server)
    {
        var parts = new SwappedParts(await LiarScene.BeginAsync(server), await LiarScene.BeginAsync(server));
        var phone = parts.Scene.OnPhone;
        var begun = SignedManifest.Decode((await parts.Scene.TruthAsync()).Manifest).Manifest;
        TestDevice.Value(await phone.PutAsync(Site, "secret of the site"u8.ToArray()));
        var sited = SignedManifest.Decode((await parts.Scene.TruthAsync()).Manifest).Manifest;
        parts._site = sited.Items.Single(i => begun.Find(i.Id) is null).Id;
        TestDevice.Value(await phone.PutAsync("gone", "deleted"u8.ToArray()));
        TestDevice.Value(await phone.PutAsync("identity", "second"u8.ToArray()));
        parts.Before = await parts.Scene.TruthAsync();
        TestDevice.Value(await phone.RemoveAsync("gone"));
        TestDevice.Value(await phone.PutAsync("identity", "third"u8.ToArray()));
        TestDevice.Value(await phone.MendAsync());
        parts.Now = await parts.Scene.TruthAsync();
        foreach (var heard in parts.Scene.Liar.Heard.Concat(parts.Other.Liar.Heard).Where(h => h.Writes))
            foreach (var item in CommitBundle.Decode(heard.Body).Items)
                parts._items[Hash256.Of(item.Span)] = item.ToArray();
        return parts;
    }

    /// <summary>The versions of the item that has several, the newest last, each as it is sealed.</summary>
    public ImmutableArray<byte[]> Versions => [.. _items.Values
        .Where(i => ItemHeader.Read(i).Account == Now.Account && ItemHeader.Read(i).Id == Id(3))
        .OrderBy(i => ItemHeader.Read(i).Version)];

    /// <summary>The site's item as it is sealed.</summary>
    public byte[] SealedSite => _items[Manifest.Find(_site)!.Hash];

    /// <summary>The item of the same name of another account.</summary>
    public byte[] OfOther => _items.Values.Last(i => ItemHeader.Read(i).Account != Now.Account);

    /// <summary>Lies no more.</summary>
    public void TellTheTruth() => (Scene.Liar.Instead, Scene.Liar.Lie) = (null, null);

    /// <summary>Tells other bytes for an item.</summary>
    public void TellItem(byte[] item) => Scene.Liar.Instead = heard =>
        heard.Path.StartsWith("/v1/items/", StringComparison.Ordinal) && heard.Path.Length == 10 + 43
            ? new Told(200, item) { ContentType = "application/octet-stream" } : null;

    /// <summary>Tells other items for many.</summary>
    public void TellItems(params byte[][] items) => Scene.Liar.Instead = heard => heard.Path == "/v1/items/read"
        ? ErrorOracleTests.Vault(new ItemBatch([.. items.Select(i => (ReadOnlyMemory<byte>)i)]).Encode()) : null;

    /// <summary>Tells another vault, the hashes from where they are asked for.</summary>
    public void TellVault(VaultBundle told) => Scene.Liar.Instead = heard => heard.IsVault
        ? ErrorOracleTests.Vault(
            (told with { Hashes = [.. told.Hashes.Skip(heard.ManifestAfter - 1)] }).Encode()) : null;

    /// <summary>The newest manifest with other entries. The liar signs it, as it can do no better.</summary>
    public VaultBundle WithManifest(Func<Manifest, Manifest> change) => Now with
    {
        Manifest = SignedManifest.Sign(change(Manifest), Scene.Keys.Signing).Bytes,
    };

    /// <summary>Tells the older versions of an item with other words.</summary>
    public void TellVersions(Func<string, string> change) => Scene.Liar.Lie = (heard, truth) =>
        heard.Path.EndsWith("/versions", StringComparison.Ordinal)
            ? truth with { Body = Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(truth.Body))) } : truth;

    public async ValueTask DisposeAsync()
    {
        await Scene.DisposeAsync();
        await Other.DisposeAsync();
    }

    private ItemId Id(ulong version) => Manifest.Items.Single(i => i.Version == version).Id;
}

/// <summary>One such account for all tests of a class.</summary>
public sealed class SwappedPartsFixture(ServerFixture fixture) : IAsyncLifetime
{
    /// <summary>The account.</summary>
    internal SwappedParts Parts { get; private set; } = null!;

    /// <inheritdoc/>
    public async Task InitializeAsync() => Parts = await SwappedParts.BeginAsync(fixture.Server);

    /// <inheritdoc/>
    public async Task DisposeAsync() => await Parts.DisposeAsync();
}
