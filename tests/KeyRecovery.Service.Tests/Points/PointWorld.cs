using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Service.UseCases;
using KeyRecovery.Testing;
using AccountChange = KeyRecovery.Testing.AccountChange;

namespace KeyRecovery.Service.Tests.Points;

/// <summary>An owner with a phone, a code and two items, on a server whose clock the test moves.</summary>
internal sealed class PointWorld : IAsyncDisposable
{
    private PointWorld(TestService server)
    {
        Server = server;
        (Phone, Code) = (TestAuthority.Device(Random), TestAuthority.Code(Random));
        (Diary, Photo) = (new ItemId(Random.Bytes(16)), new ItemId(Random.Bytes(16)));
        Account = TestAccount.Begin(Random, Phone, [Code], items: [(Diary, [1]), (Photo, [2])]);
    }

    public TestService Server { get; }

    public TestRandom Random { get; } = new(77);

    public TestAuthority Phone { get; }

    public TestAuthority Code { get; }

    public TestAccount Account { get; }

    public ItemId Diary { get; }

    public ItemId Photo { get; }

    public static async Task<PointWorld> OpenAsync()
    {
        var world = new PointWorld(await TestService.OpenAsync());
        Assert.IsType<Outcome<Heads>.Done>(await world.Server.CreateAsync(world.Account));
        return world;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Phone.Dispose();
        Code.Dispose();
    }

    /// <summary>Commits by the client's own drafts, and is taken.</summary>
    public async Task CommitAsync(TestAuthority by, AccountChange change) =>
        await TakenAsync(by, Account.Commit(by, change));

    /// <summary>Writes an item, and is taken.</summary>
    public Task PutAsync(TestAuthority by, ItemId item, byte[] content) =>
        CommitAsync(by, new AccountChange { Put = [(item, content)] });

    public async Task TakenAsync(TestAuthority by, CommitBundle commit) =>
        Assert.IsType<Outcome<Heads>.Done>(await Server.CommitAsync(Account, by, commit));

    public async Task<ServiceFailure> RefusedAsync(TestAuthority by, CommitBundle commit) =>
        Assert.IsType<Outcome<Heads>.Failed>(await Server.CommitAsync(Account, by, commit)).Failure;

    /// <summary>A device that the phone adds: young for 72 hours.</summary>
    public async Task<YoungThief> AddThiefAsync()
    {
        var device = TestAuthority.Device(Random);
        await CommitAsync(Phone, new AccountChange { Add = [device] });
        return new YoungThief(this, device);
    }

    /// <summary>The points that are kept, as the phone, or another authority, is told them.</summary>
    public async Task<ImmutableArray<RestorePointInfo>> PointsAsync(TestAuthority? by = null)
    {
        using var open = await Server.PassAsync(Account, by ?? Phone);
        return await Server.Service.RestorePoints.ListAsync(open, default);
    }

    /// <summary>What an authority reads of the account: verified, and with every hash of its trail.</summary>
    public async Task<VerifiedVault> ReadAsync(TestAuthority by)
    {
        using var open = await Server.PassAsync(Account, by);
        var bytes = await Server.Service.Vaults.ReadAsync(open, null, 1, default);
        return Assert.IsType<VaultVerdict.Ok>(VerifiedVault.Verify(
            Account.AppId, VaultBundle.Decode(bytes!), by.Identity, null,
            [Server.Service.Erasures.AuditKey])).Vault;
    }

    /// <summary>A point that holds, opened by its seal.</summary>
    public async Task<OpenRestorePoint> OpenPointAsync(TestAuthority by, VerifiedVault vault, Hash256 manifest)
    {
        using var open = await Server.PassAsync(Account, by);
        var point = RestorePoint.Decode((await Server.Service.RestorePoints.FindAsync(open, manifest, default))!);
        Assert.Equal(ProtocolFault.None, point.Check(vault));
        var (opened, fault) = point.Open(vault, by.Id, by.Kem);
        Assert.Equal(ProtocolFault.None, fault);
        return opened!;
    }

    /// <summary>
    /// Goes back to a point in one commit, and removes the culprits: by device or code, whatever the manifest of now
    /// holds.
    /// </summary>
    public async Task UndoAsync(TestAuthority by, Hash256 manifest, params YoungThief[] culprits) =>
        await TakenAsync(by, await DraftAsync(by, manifest, culprits));

    public async Task<CommitBundle> DraftAsync(TestAuthority by, Hash256 manifest, params YoungThief[] culprits)
    {
        var vault = await ReadAsync(by);
        using var point = await OpenPointAsync(by, vault, manifest);
        var (key, _) = vault.Keyset.Open(by.Id, by.Kem, vault.Chain.Current.EpochCommit);
        using var keys = EpochKeys.From(vault.Chain, key!)!;
        var soundest = keys.FindUnsound() is null ? keys.Current : point.Keys.Current;
        using var link = ChainLinkDraft.NextEpoch(
            vault, soundest, new ChainLinkChange([], [.. culprits.Select(c => c.Device.Id)]), by.Id, 0, Random);
        var undo = ManifestDraft.Undo(
            vault, null, point.Content, link, new UndoChange { Return = point.Content.Private!.Items }, by.Id,
            by.Signing, Random);
        var commit = new CommitBundle(
            link.Sign(by.Signing, new Dictionary<AuthorityId, byte[]>()), link.Keyset, undo, []);
        Account.Take(commit);
        return commit;
    }

    /// <summary>Every item of a state is there, byte for byte, and opens for who stays.</summary>
    public async Task HasAsync(ServedVault state, params TestAuthority[] readers)
    {
        foreach (var reader in readers)
        {
            var vault = await ReadAsync(reader);
            Assert.Equal<ManifestItem>(state.Manifest.Manifest.Items, vault.Manifest.Manifest.Items);
            using var open = vault.Open(reader.Id, reader.Kem).Vault!;
            foreach (var item in vault.Manifest.Manifest.Items)
                Assert.NotNull(open.OpenItem(item, await ItemAsync(item.Hash)).Content);
        }
    }

    /// <summary>These versions of an item are told, by trusted writers, and are there byte for byte.</summary>
    public async Task HasVersionsAsync(ItemId item, IEnumerable<Hash256> versions)
    {
        using var open = await Server.PassAsync(Account, Phone);
        var told = await Server.Service.Vaults.ReadVersionsAsync(open, item, default);
        foreach (var hash in versions)
        {
            Assert.Contains(told, v => v.Entry.Hash == hash && !v.Writer.IsYoung);
            Assert.Equal(Account.Items[hash], await ItemAsync(hash));
        }
    }

    public async Task<byte[]?> ItemAsync(Hash256 hash)
    {
        using var open = await Server.PassAsync(Account, Phone);
        return await Server.Service.Vaults.FindItemAsync(open, hash, default);
    }

    /// <summary>Nothing is damaged; after a sweep neither.</summary>
    public async Task SoundAsync()
    {
        for (var swept = 0; swept < 2; swept++)
        {
            var audit = await Server.Service.Audit.RunAsync(default);
            Assert.Empty(audit.Damaged);
            if (swept == 0) await Server.Service.Sweeper.SweepAsync(TimeSpan.Zero, default);
        }
    }
}
