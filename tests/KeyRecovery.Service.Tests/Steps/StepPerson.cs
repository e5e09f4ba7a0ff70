using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Realms;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>A user with an account and a share at this realm, and all that must be true of both at the end.</summary>
internal sealed record StepPerson(StepAccount Own, TestRealmSlot Share, ReadOnlyMemory<byte> Locator)
{
    public StepWorld World => Own.World;

    public AppUser User => Own.User;

    private TestService Server => World.Server;

    public RowKey KeyRow => new RowIds(Server.LookupKey).KeyRow(Own.Account.Now.Account);

    public static async Task<StepPerson> NewAsync(StepWorld world)
    {
        var own = await world.NewAccountAsync();
        using var open = await own.PassAsync();
        var person = new StepPerson(
            own, new TestRealmSlot(world.Random, TestAccount.DefaultApp), open.Rows.Locator.ToArray());
        Assert.IsType<Outcome<byte[]>.Done>(await person.RegisterAsync(world.Server.Service.Realm, person.Share));
        return person;
    }

    public async Task<Outcome<byte[]>> RegisterAsync(Realm realm, TestRealmSlot slot)
    {
        var body = slot.Registration(realm.Identity);
        return await realm.RegisterAsync(User, RealmRegister.Decode(body), Hash256.Of(body), default);
    }

    public async Task<RealmSlotRow?> SlotAsync(TestRealmSlot? slot = null) =>
        await Server.Keys.ReadAsync(new RowIds(Server.LookupKey).RealmSlot((slot ?? Share).Id), default) is { } row
            ? RealmSlotRow.Decode(row.Value)
            : null;

    public async Task<Outcome<ErasureStatus>> RequestAsync(Erasures erasures)
    {
        using var open = await Own.PassAsync();
        return await erasures.RequestAsync(open, (await erasures.StatusAsync(open, default)).Round, default);
    }

    public async Task<Outcome<bool>> CancelAsync(KeyRecoveryService service)
    {
        var keyId = KeyId.OfDevice(Own.Account.Now.Account, Own.Phone.Id);
        bool Verify(VerifyKey key) => key == Own.Phone.Signing.PublicKey;
        return await service.Erasures.CancelAsync(
            keyId, null, Verify, "192.0.2.0/24", ct => service.Gate.PassAsync(keyId, Verify, ct), default);
    }

    public async Task<bool> IsErasedAsync() =>
        KeyRecovery.Service.Accounts.KeyRow.Decode((await Server.Keys.ReadAsync(KeyRow, default))!.Value).State
            == KeyRowState.Erased;

    /// <summary>The receipt that the account's devices get; empty while there is none.</summary>
    public async Task<ReadOnlyMemory<byte>> ReceiptAsync()
    {
        var refused = await Server.RefusedAsync(Own.Account, Own.Phone);
        Assert.Equal(ErrorCode.Erased, refused.Code);
        return refused.Receipt;
    }

    /// <summary>
    /// Erased, with a receipt that is true, once whoever takes erasures on has been there; and after the sweep nothing
    /// is left that leads to it or hangs on it.
    /// </summary>
    /// <param name="wasWhole">Whether there was an account row to be tried once more.</param>
    public async Task ErasedAsync(bool wasWhole = true)
    {
        await World.SoundAsync(orphans: true);
        var report = await Server.Service.Erasures.ResumeAsync(default);
        Assert.Equal((0, null), (report.Pending, report.Problem));
        var receipt = SignedErasureReceipt.Decode(await ReceiptAsync());
        Assert.True(receipt.IsSignedBy(Server.Service.Erasures.AuditKey));
        Assert.True(receipt.Receipt.IsOf(Own.Account.Now.Account));
        ErasureProof[] tried = wasWhole ? [ErasureProof.RowUnopened] : [];
        Assert.Equal(
            [ErasureProof.KeyAbsent, .. tried, ErasureProof.RowsDeleted, .. Server.Emptied],
            receipt.Receipt.Proofs.Take(2 + tried.Length + Server.Emptied.Count()));
        var guess = Share.Guess();
        var answer = await Server.Service.Realm.EvaluateAsync(User, guess.Request, Hash256.Of(guess.Body), default);
        Assert.Equal(ErrorCode.NotFound, Assert.IsType<Outcome<byte[]>.Failed>(answer).Failure.Code);
        Assert.True(await SlotAsync() is null or { IsDeleted: true });
        await World.SoundAsync(orphans: true);

        await World.SweepAsync();
        await World.SoundAsync();
        foreach (var table in TableRegistry.Default.Of(StoreKind.Data))
            await foreach (var _ in Server.Data.ScanOwnerAsync(table, Locator, default))
                Assert.Fail($"a row of {table} is left");
        Assert.Equal(0, await Server.CountAsync(Table.ErasurePlans));
        Assert.Null(await Server.Keys.ReadAsync(new RowIds(Server.LookupKey).Subject(User), default));
        Assert.Null(await Server.Keys.ReadAsync(new RowIds(Server.LookupKey).Slot(Own.Code.Id), default));
        Assert.Equal(receipt.Receipt.Id, SignedErasureReceipt.Decode(await ReceiptAsync()).Receipt.Id);
    }

    /// <summary>Whole, with its share, and no erasure of it is under way.</summary>
    public async Task LivesAsync()
    {
        await World.SoundAsync(orphans: true);
        await Server.Service.Erasures.ResumeAsync(default);
        Assert.False(await IsErasedAsync());
        await Own.ReadsAsync(Own.Account.Now);
        Assert.False((await SlotAsync())!.IsDestroyed);
        using (var open = await Own.PassAsync())
            Assert.Equal(ErasureState.None, (await Server.Service.Erasures.StatusAsync(open, default)).State);
        await World.SweepAsync();
        await World.SoundAsync();
        Assert.Equal(0, await Server.CountAsync(Table.ErasurePlans));
    }
}
