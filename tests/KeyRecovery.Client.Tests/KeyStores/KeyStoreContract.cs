using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Client.Tests.KeyStores;

/// <summary>
/// The contract of <see cref="IDeviceKeyStore"/>. A store of an app's own (Android's Keystore, iOS's Keychain, a TPM)
/// derives a class from this one, in a copy of this folder, and runs it where the store is.
/// </summary>
public abstract class KeyStoreContract : IAsyncLifetime
{
    private static readonly TestRandom Random = new(17);

    /// <summary>A folder of the test's own.</summary>
    protected TempFolder Folder { get; } = new();

    /// <summary>Opens the store, as a process does that starts: always the same place.</summary>
    protected abstract IDeviceKeyStore Open();

    /// <summary>Opens the store of another device of this user: another place.</summary>
    protected abstract IDeviceKeyStore OpenOther();

    /// <inheritdoc/>
    public virtual Task InitializeAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public virtual Task DisposeAsync()
    {
        Folder.Dispose();
        return Task.CompletedTask;
    }

    [ContractFact]
    public async Task What_is_absent_is_null_and_goes_without_a_word()
    {
        Assert.Null(await Open().ReadAsync(default));
        await Open().DeleteAsync(default);
        Assert.Null(await Open().ReadAsync(default));
        Assert.NotEmpty(Open().Place);
    }

    [ContractFact]
    public async Task What_was_written_is_read_by_whoever_comes_next()
    {
        using var key = NewKey();
        var store = Open();
        await store.WriteAsync(key, default);
        await AssertHasAsync(key, store);
        await AssertHasAsync(key, Open());
    }

    [ContractFact]
    public async Task Another_key_takes_the_place_of_the_first()
    {
        using var first = NewKey();
        using var second = NewKey();
        await Open().WriteAsync(first, default);
        await Open().WriteAsync(second, default);
        await AssertHasAsync(second, Open());
        await Open().DeleteAsync(default);
        Assert.Null(await Open().ReadAsync(default));
    }

    [ContractFact]
    public async Task A_store_that_was_open_sees_what_another_process_does()
    {
        var (one, other) = (Open(), Open());
        using var first = NewKey();
        using var second = NewKey();
        await one.WriteAsync(first, default);
        await AssertHasAsync(first, other);
        await one.WriteAsync(second, default);
        await AssertHasAsync(second, other);
        await one.DeleteAsync(default);
        Assert.Null(await other.ReadAsync(default));
    }

    [ContractFact]
    public async Task Each_read_gives_a_secret_of_its_own_and_the_one_that_was_given_stays_the_callers()
    {
        var store = Open();
        using var key = NewKey();
        await store.WriteAsync(key, default);
        (await store.ReadAsync(default))!.Dispose();
        await AssertHasAsync(key, store);
        Assert.Equal(SecretBox.KeySize, key.Span.Length);
    }

    [ContractFact]
    public async Task Whoever_reads_while_it_is_written_has_the_old_one_or_the_new_one()
    {
        using var first = NewKey();
        using var second = NewKey();
        await Open().WriteAsync(first, default);
        using var isOver = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            for (var store = Open(); !isOver.IsCancellationRequested;)
            {
                using var read = await store.ReadAsync(default);
                Assert.NotNull(read);
                Assert.True(read.Span.SequenceEqual(first.Span) || read.Span.SequenceEqual(second.Span));
            }
        })).ToList();
        var writer = Open();
        for (var i = 0; i < 5; i++)
        {
            await writer.WriteAsync(i % 2 == 0 ? second : first, default);
            await AssertHasAsync(i % 2 == 0 ? second : first, writer);
        }
        await isOver.CancelAsync();
        await Task.WhenAll(readers);
    }

    [ContractFact]
    public async Task A_call_that_was_cancelled_before_it_began_does_nothing()
    {
        using var first = NewKey();
        using var second = NewKey();
        await Open().WriteAsync(first, default);
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Open().ReadAsync(cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Open().WriteAsync(second, cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Open().DeleteAsync(cancelled).AsTask());
        await AssertHasAsync(first, Open());
    }

    [ContractFact]
    public async Task Two_devices_of_one_user_have_a_key_each()
    {
        using var first = NewKey();
        using var second = NewKey();
        await Open().WriteAsync(first, default);
        await OpenOther().WriteAsync(second, default);
        await AssertHasAsync(first, Open());
        await OpenOther().DeleteAsync(default);
        await AssertHasAsync(first, Open());
    }

    [ContractFact]
    public async Task A_devices_state_is_kept_and_deleted_under_it()
    {
        using var phone = TestAuthority.Device(Random);
        var account = TestAccount.Begin(Random, phone, []);
        using var state = new DeviceState(
            account.Now.Account, phone.Id, NewKey(), NewKey(), account.Now.Tell(), default);
        var home = Folder["state"];
        var store = new FileDeviceStore(home, keys: Open());
        Assert.Null(await store.LoadAsync(default));
        await store.SaveAsync(state, default);
        using (var kept = await new FileDeviceStore(home, keys: Open()).LoadAsync(default))
            Assert.True(kept!.SigningSeed.Span.SequenceEqual(state.SigningSeed.Span));

        // Without its key, which is told as such, and never made anew under a state that has one.
        using (var key = await Open().ReadAsync(default))
        {
            await Open().DeleteAsync(default);
            await AssertTroubleAsync(DeviceStoreTrouble.KeyMissing, async () => await store.LoadAsync(default));
            await AssertTroubleAsync(DeviceStoreTrouble.KeyMissing, () => store.SaveAsync(state, default).AsTask());
            Assert.Null(await Open().ReadAsync(default));
            await Open().WriteAsync(key!, default);
        }
        using (var kept = await store.LoadAsync(default)) Assert.Equal(phone.Id, kept!.Device);

        await store.DeleteAsync(default);
        Assert.Null(await store.LoadAsync(default));
        Assert.Null(await Open().ReadAsync(default));
    }

    /// <summary>A key.</summary>
    protected static SecretBytes NewKey() => SecretBytes.Random(SecretBox.KeySize, Random);

    /// <summary>Fails unless the store has this key.</summary>
    protected static async Task AssertHasAsync(SecretBytes key, IDeviceKeyStore store)
    {
        using var read = await store.ReadAsync(default);
        Assert.True(
            read is not null && read.Span.SequenceEqual(key.Span), $"another key, or none, is in {store.Place}");
    }

    /// <summary>Fails unless it ends in this trouble, told in a sentence.</summary>
    internal static async Task AssertTroubleAsync(DeviceStoreTrouble trouble, Func<Task> call)
    {
        var told = await Assert.ThrowsAsync<DeviceStoreException>(call);
        Assert.Equal(trouble, told.Trouble);
        Assert.Contains(" ", told.Message, StringComparison.Ordinal);
    }
}
