using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Realms;

namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>One account that is erased while something else happens to it.</summary>
internal sealed class Racer(AppUser user, TestRandom random) : IDisposable
{
    private readonly TaskCompletionSource _start = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AppUser User => user;

    public TestAuthority Phone { get; } = TestAuthority.Device(random);

    public TestAuthority Code { get; } = TestAuthority.Code(random);

    public TestAccount Account { get; private set; } = null!;

    public RowKey KeyRow { get; private set; }

    /// <summary>The account as a request holds it that passed the gate before: with its key.</summary>
    public OpenAccount Open { get; private set; } = null!;

    /// <summary>What will be tried; null where it is no commit.</summary>
    public CommitBundle? Commit { get; set; }

    /// <summary>A share that is there before.</summary>
    public TestRealmSlot Slot { get; } = new(random, TestAccount.DefaultApp);

    /// <summary>When the receipt was last handed to the key store, by the track's count; 0 before.</summary>
    public long ReceiptAt { get; set; }

    public Task Started => _start.Task;

    public Task Ended => _end.Task;

    public async Task LiveAsync(TestService server)
    {
        Account = TestAccount.Begin(random, Phone, [Code], items: [(new ItemId(random.Bytes(16)), random.Bytes(40))]);
        Assert.IsType<Outcome<Heads>.Done>(await server.CreateAsync(Account, user.Subject));
        KeyRow = new RowIds(server.LookupKey).KeyRow(Account.Now.Account);
        Open = await server.PassAsync(Account, Phone);
    }

    public void Start() => _start.TrySetResult();

    public void End() => _end.TrySetResult();

    /// <summary>Gone, with a receipt, and no row of it is left that its own key would open.</summary>
    public async Task AssertGoneAsync(TestService server)
    {
        var refused = await server.RefusedAsync(Account, Phone);
        Assert.Equal((ErrorCode.Erased, false), (refused.Code, refused.Receipt.IsEmpty));
        foreach (var table in TableRegistry.Default.Of(StoreKind.Data))
            await foreach (var row in server.Data.ScanOwnerAsync(table, Open.Rows.Locator, default))
                Assert.True(KeyRecovery.Service.Rows.AccountFence.Is(row), $"{table}");
        Assert.True(
            KeyRecovery.Service.Accounts.KeyRow.Decode(
                (await server.Keys.ReadAsync(KeyRow, default))!.Value).WrappedSubjectKey.IsEmpty);
    }

    public void Dispose()
    {
        Open.Dispose();
        Slot.Dispose();
        Phone.Dispose();
        Code.Dispose();
    }
}
