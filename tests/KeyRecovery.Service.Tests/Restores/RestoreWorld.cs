using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Service.UseCases;
using KeyRecovery.Testing;
using AccountChange = KeyRecovery.Testing.AccountChange;

namespace KeyRecovery.Service.Tests.Restores;

/// <summary>
/// An owner with a phone, a tablet, a code and an item, on a server whose stores the operator copies, and puts back.
/// </summary>
internal sealed class RestoreWorld : IAsyncDisposable
{
    private readonly Dictionary<Hash256, SignedHead> _heads = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("keyrecovery-restores-").FullName;

    private RestoreWorld(int seed)
    {
        Random = new TestRandom(seed);
        (Phone, Tablet, Code) =
            (TestAuthority.Device(Random), TestAuthority.Device(Random), TestAuthority.Code(Random));
        Diary = new ItemId(Random.Bytes(16));
        Account = TestAccount.Begin(Random, Phone, [Code], items: [(Diary, [1])]);
    }

    public TestService Server { get; private set; } = null!;

    public TestRandom Random { get; }

    public TestAuthority Phone { get; }

    public TestAuthority Tablet { get; }

    public TestAuthority Code { get; }

    public TestAccount Account { get; }

    public ItemId Diary { get; }

    /// <summary>Whether a request met the account since its data were last restored.</summary>
    public bool IsMet { get; private set; } = true;

    private string Stores => Path.Combine(_folder, "live");

    /// <summary>With the account, whose tablet is trusted; without it before the set <c>empty</c> was made.</summary>
    public static async Task<RestoreWorld> OpenAsync(int seed = 909, int commitsPerDay = 2_000)
    {
        var world = new RestoreWorld(seed);
        Directory.CreateDirectory(world.Stores);
        world.Server = await TestService.OpenAsync(world.Stores, world.Random);
        world.Server.CommitsPerDay = commitsPerDay;
        await world.SaveAsync("empty");
        var created = Assert.IsType<Outcome<Heads>.Done>(await world.Server.CreateAsync(world.Account));
        world.Keep(created.Value);
        await world.CommitAsync(world.Phone, new AccountChange { Add = [world.Tablet] });
        await world.WaitAsync(TimeSpan.FromHours(80));
        return world;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.CloseAsync();
        Directory.Delete(_folder, recursive: true);
        foreach (var authority in new[] { Phone, Tablet, Code }) authority.Dispose();
    }

    public Task WaitAsync(TimeSpan time)
    {
        Server.Time.Advance(time);
        return Task.CompletedTask;
    }

    /// <summary>Copies both stores under a name.</summary>
    public async Task SaveAsync(string name)
    {
        await ReopenAsync(() =>
        {
            foreach (var store in new[] { "data", "keys", "ring" })
                Copy(Path.Combine(Stores, store), SetOf(name, store));
        });
    }

    /// <summary>Puts a copy of a store back, or of both, and joins it, as the host does before it serves.</summary>
    public async Task RestoreAsync(string? data = null, string? keys = null)
    {
        await PutBackAsync(data, keys);
        IsMet &= data is null;
        var joined = await Server.Service.Quarantine.JoinAsync(0, data is not null, keys is not null, false, default);
        Assert.True(joined.IsDone, joined.Problem);
    }

    /// <summary>Puts a copy back behind the server's back.</summary>
    public Task PutBackAsync(string? data = null, string? keys = null) => ReopenAsync(() =>
    {
        if (data is not null) Copy(SetOf(data, "data"), Path.Combine(Stores, "data"));
        if (keys is null) return;
        // Restored keys move to a new KEK, and the one before is destroyed: a set brings the one that it is under.
        foreach (var store in new[] { "keys", "ring" }) Copy(SetOf(keys, store), Path.Combine(Stores, store));
    });

    /// <summary>Commits on what the client of the account knows, and is taken.</summary>
    public async Task CommitAsync(TestAuthority by, AccountChange change) =>
        Keep(Assert.IsType<Outcome<Heads>.Done>(
            await Server.CommitAsync(Account, by, Account.Commit(by, change))).Value);

    public Task PutAsync(TestAuthority by, byte[] content) =>
        CommitAsync(by, new AccountChange { Put = [(Diary, content)] });

    /// <summary>The client forgets what came after a state: it never knew it, or builds on what is served.</summary>
    public void Rewind(ServedVault to)
    {
        while (Account.Now.Manifest.Hash != to.Manifest.Hash) Account.Forget();
    }

    /// <summary>The head that the server told of a state.</summary>
    public SignedHead HeadOf(ServedVault state) => _heads[state.Manifest.Hash];

    /// <summary>What a device gives back that knows a state and the newest of the hashes before it.</summary>
    public RepairBundle Bundle(ServedVault state, int hashes = int.MaxValue, bool withHead = true)
    {
        var known = state.Hashes.Skip(state.Hashes.Length - Math.Min(hashes, state.Hashes.Length)).ToList();
        return new RepairBundle(state.Links, state.Keysets, state.Manifest)
        {
            Head = withHead ? _heads.GetValueOrDefault(state.Manifest.Hash) : null,
            Between = [.. known],
            Trail = ManifestTrail.Next(default, state.Hashes.SkipLast(known.Count)),
        };
    }

    public async Task<Outcome<RepairResult>> RepairAsync(
        TestAuthority by, RepairBundle bundle, KeyRecoveryService? service = null)
    {
        var keyId = await MeetAsync(by);
        return await (service ?? Server.Service).Repairs.RepairAsync(
            keyId, key => key == by.Signing.PublicKey, null, bundle.Encode(), default);
    }

    /// <summary>Repairs, and stores the items that the server lacks.</summary>
    public async Task<RepairResult> RepairedAsync(TestAuthority by, RepairBundle bundle)
    {
        var outcome = await RepairAsync(by, bundle);
        Assert.True(outcome is Outcome<RepairResult>.Done, $"{outcome}");
        var repaired = ((Outcome<RepairResult>.Done)outcome).Value;
        Keep(repaired.Heads);
        foreach (var missing in repaired.Missing)
        {
            using var open = await Server.PassAsync(Account, Phone);
            Assert.IsType<Outcome<Hash256>.Done>(
                await Server.Service.Staging.PutAsync(open, missing, Account.Items[missing], default));
        }

        return repaired;
    }

    public async Task<ServiceFailure> RefusedAsync(TestAuthority by, RepairBundle bundle)
    {
        var outcome = await RepairAsync(by, bundle);
        Assert.True(outcome is Outcome<RepairResult>.Failed, $"{outcome}");
        return ((Outcome<RepairResult>.Failed)outcome).Failure;
    }

    public async Task RefusedAsync(TestAuthority by, RepairBundle bundle, string field, ProtocolFault rule)
    {
        var failure = await RefusedAsync(by, bundle);
        Assert.Equal((field, rule), (failure.Field, failure.Rule));
    }

    /// <summary>What the gate says.</summary>
    public async Task<GateResult> PassAsync(TestAuthority by, bool mayBeBehind = false)
    {
        var keyId = await MeetAsync(by);
        return await Server.Service.Gate.PassAsync(keyId, key => key == by.Signing.PublicKey, default, mayBeBehind);
    }

    public async Task<ServiceFailure> ShutAsync(TestAuthority by, bool mayBeBehind = false) =>
        Assert.IsType<GateResult.Shut>(await PassAsync(by, mayBeBehind)).Failure;

    /// <summary>The vault as it is told, to who may read it also where it is behind.</summary>
    public async Task<VaultBundle> TellAsync(TestAuthority by, ulong? manifestAfter = null)
    {
        using var open = Assert.IsType<GateResult.Open>(await PassAsync(by, mayBeBehind: true)).Account;
        return VaultBundle.Decode((await Server.Service.Vaults.ReadAsync(open, null, manifestAfter, default))!);
    }

    /// <summary>The server has a state: everybody named reads it, with all items, and nothing is damaged.</summary>
    public async Task HasAsync(ServedVault state, params TestAuthority[] readers)
    {
        foreach (var reader in readers)
        {
            var told = await TellAsync(reader, 1);
            Assert.Empty(told.ActiveAtMinChain);
            var verdict = VerifiedVault.Verify(
                Account.AppId, told, reader.Identity, null, [Server.Service.Erasures.AuditKey]);
            var vault = Assert.IsType<VaultVerdict.Ok>(verdict).Vault;
            Assert.Equal(state.Manifest.Hash, vault.Manifest.Hash);
            using var open = vault.Open(reader.Id, reader.Kem).Vault!;
            using var account = await Server.PassAsync(Account, reader);
            foreach (var item in vault.Manifest.Manifest.Items)
                Assert.NotNull(open.OpenItem(
                    item, await Server.Service.Vaults.FindItemAsync(account, item.Hash, default)).Content);
        }

        await SoundAsync();
    }

    /// <summary>Nothing is damaged; after a sweep neither.</summary>
    public async Task SoundAsync()
    {
        Assert.Equal("", string.Join("; ", (await Server.Service.Audit.RunAsync(default)).Damaged));
        await Server.Service.Sweeper.SweepAsync(TimeSpan.Zero, default);
        Assert.Equal("", string.Join("; ", (await Server.Service.Audit.RunAsync(default)).Damaged));
    }

    public async Task<KeyRow> KeyRowAsync() => KeyRow.Decode(
        (await Server.Keys.ReadAsync(new RowIds(Server.LookupKey).KeyRow(Account.Now.Account), default))!.Value);

    /// <summary>What claims say, each with this server's signature.</summary>
    public List<RestoredClaim> Claims(IEnumerable<ReadOnlyMemory<byte>> claims) => [.. claims.Select(bytes =>
    {
        var claim = SignedClaim.Decode(bytes);
        Assert.True(claim.IsSignedBy([Server.Service.Erasures.AuditKey]));
        Assert.Equal(Account.Now.Account, claim.Claim.Account);
        return claim.Claim;
    })];

    // A device names the account; a slot does where the keys know it.
    private async Task<KeyId> MeetAsync(TestAuthority by)
    {
        var keyId = by.Entry.Kind == AuthorityKind.Device
            ? KeyId.OfDevice(Account.Now.Account, by.Id) : KeyId.OfSlot(by.Id);
        IsMet |= await Server.Service.Gate.IsKnownAsync(keyId, default);
        return keyId;
    }

    private void Keep(Heads heads) => _heads[heads.ManifestHash] = SignedHead.Decode(heads.SignedHead);

    private async Task ReopenAsync(Action between)
    {
        var (ahead, commitsPerDay) = (Server.Time.GetUtcNow(), Server.CommitsPerDay);
        await Server.CloseAsync();
        between();
        Server = await TestService.OpenAsync(Stores, Random);
        Server.CommitsPerDay = commitsPerDay;
        Server.Time.Advance(ahead - Server.Time.GetUtcNow());
    }

    private string SetOf(string name, string store) => Path.Combine(_folder, "sets", name, store);

    private static void Copy(string from, string to)
    {
        if (Directory.Exists(to)) Directory.Delete(to, recursive: true);
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
