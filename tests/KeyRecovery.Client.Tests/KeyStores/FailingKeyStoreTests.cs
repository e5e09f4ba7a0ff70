using KeyRecovery.Client.KeyStores;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.KeyStores;

/// <summary>
/// A key store that fails at each of its calls, before it was done and after, once: the device's state is the old one
/// or the new one, it is told in a sentence, and the same call works afterwards.
/// </summary>
public sealed class FailingKeyStoreTests : IDisposable
{
    private static readonly TestRandom Random = new(19);

    private readonly TempFolder _folder = new();
    private readonly TestAuthority _phone = TestAuthority.Device(Random);
    private readonly TestAccount _account;

    public FailingKeyStoreTests() => _account = TestAccount.Begin(Random, _phone, []);

    public void Dispose()
    {
        _phone.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("first save", false)]
    [InlineData("first save", true)]
    [InlineData("save", false)]
    [InlineData("save", true)]
    [InlineData("note", false)]
    [InlineData("note", true)]
    [InlineData("load", false)]
    [InlineData("load", true)]
    [InlineData("delete", false)]
    [InlineData("delete", true)]
    public async Task Whatever_call_fails_the_state_is_the_old_or_the_new_one(string operation, bool afterwards)
    {
        var failures = 0;
        for (var at = 0; ; at++)
        {
            var home = _folder[$"{at}"];
            var keys = new FailingKeys(home);
            var store = new FileDeviceStore(home, keys: keys);
            using var old = State();
            using var next = Sent(State());
            if (operation != "first save") await store.SaveAsync(old, default);
            keys.FailAt(at, afterwards);
            var told = await Record.ExceptionAsync(() => RunAsync(store, operation, next));
            if (!keys.HasFailed)
            {
                Assert.Null(told);
                break;
            }
            failures++;
            Assert.Equal(DeviceStoreTrouble.KeyStoreAway, Assert.IsType<DeviceStoreException>(told).Trouble);

            // Another process, later: what it finds, and that it can go on.
            var later = new FileDeviceStore(home, keys: new FailingKeys(home));
            using (var found = await later.LoadAsync(default))
            {
                var was = operation == "first save" ? null : old;
                Assert.True(
                    found is null ? was is null || operation == "delete" : Same(found, was) || Same(found, next));
            }
            await RunAsync(later, operation, next);
            using var done = await later.LoadAsync(default);
            Assert.True(operation switch
            {
                "delete" => done is null,
                "first save" or "save" => Same(done!, next),
                _ => Same(done!, old),
            });
        }
        // The control: a save reads the key, the first one makes it too, and so on.
        Assert.Equal(operation is "first save" ? 2 : 1, failures);
    }

    private static async Task RunAsync(FileDeviceStore store, string operation, DeviceState state)
    {
        switch (operation)
        {
            case "note":
                await store.NoteAsync(state, default);
                break;
            case "load":
                (await store.LoadAsync(default))?.Dispose();
                break;
            case "delete":
                await store.DeleteAsync(default);
                break;
            default:
                await store.SaveAsync(state, default);
                break;
        }
    }

    private static bool Same(DeviceState one, DeviceState? other) =>
        other is not null && one.SigningSeed.Span.SequenceEqual(other.SigningSeed.Span);

    // With a commit that is about to be sent, which a note is of.
    private DeviceState Sent(DeviceState state)
    {
        _account.Commit(_phone, new AccountChange());
        using (state)
            return state.With(state.Commits.Add(new CommitBundle(null, null, _account.Now.Manifest, [])));
    }

    private DeviceState State() => new(
        _account.Now.Account, _phone.Id, SecretBytes.Random(32, Random), SecretBytes.Random(32, Random),
        _account.Now.Tell(), default);

    // A real file below, and one failure.
    private sealed class FailingKeys(string home) : IDeviceKeyStore
    {
        private readonly KeyFile _file = new(Path.Combine(home, "device.key"), SystemRandom.Instance, null, false);
        private int _at = -1;
        private bool _afterwards;

        public bool HasFailed { get; private set; }

        public string Place => _file.Place;

        public void FailAt(int at, bool afterwards) => (_at, _afterwards) = (at, afterwards);

        public async ValueTask<SecretBytes?> ReadAsync(CancellationToken ct)
        {
            SecretBytes? read = null;
            await MeetAsync(async () => read = await _file.ReadAsync(ct));
            return read;
        }

        public ValueTask WriteAsync(SecretBytes key, CancellationToken ct) =>
            MeetAsync(async () => await _file.WriteAsync(key, ct));

        public ValueTask DeleteAsync(CancellationToken ct) => MeetAsync(async () => await _file.DeleteAsync(ct));

        private async ValueTask MeetAsync(Func<Task> call)
        {
            var fails = _at-- == 0;
            if (!fails || _afterwards) await call();
            if (!fails) return;
            HasFailed = true;
            throw new DeviceStoreException(DeviceStoreTrouble.KeyStoreAway, "the store has failed, as it was told to");
        }
    }
}
