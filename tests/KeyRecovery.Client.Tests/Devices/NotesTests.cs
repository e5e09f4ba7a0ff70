using KeyRecovery.Client.Devices;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Devices;

/// <summary>What a device has noted as sent, in its files: also where they were cut, and however often.</summary>
public sealed class NotesTests : IDisposable
{
    private static readonly TestRandom Random = new(16);
    private readonly TempFolder _folder = new();
    private readonly TestAuthority _phone = TestAuthority.Device(Random);
    private readonly TestAccount _account;

    public NotesTests() => _account = TestAccount.Begin(Random, _phone, []);

    public void Dispose()
    {
        _phone.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_note_that_was_cut_is_none_and_the_next_takes_its_place()
    {
        var store = await SaveAsync();
        var (first, second, third) = (Commit(), Commit(), Commit());
        await NoteAsync(store, first);
        var whole = new FileInfo(_folder["device.notes"]).Length;
        await NoteAsync(store, second);
        using (var file = File.OpenWrite(_folder["device.notes"])) file.SetLength((2 * whole) - 1);
        Assert.Equal(new[] { true, false, false }, await NotedAsync(store, first, second, third));
        await NoteAsync(store, third);
        Assert.Equal(new[] { true, false, true }, await NotedAsync(store, first, second, third));
        Assert.Equal(2 * whole, new FileInfo(_folder["device.notes"]).Length);
    }

    [Fact]
    public async Task Notes_are_kept_until_the_state_has_them_and_then_begin_anew()
    {
        var store = await SaveAsync();
        SignedManifest? last = null;
        for (var i = 0; i < OwnCommits.Most; i++)
        {
            last = Commit();
            await NoteAsync(store, last);
            using var state = await store.LoadAsync(default);
            if (i == 30) await store.SaveAsync(state!, default);
        }
        Assert.True(Assert.Single(await NotedAsync(store, last!)));
        using (var state = await store.LoadAsync(default)) await store.SaveAsync(state!, default);
        Assert.Equal(0, new FileInfo(_folder["device.notes"]).Length);
        Assert.True(Assert.Single(await NotedAsync(store, last!)));
    }

    [Fact]
    public async Task What_two_processes_note_neither_saves_away()
    {
        var (one, other) = (await SaveAsync(), new FileDeviceStore(_folder.Path));
        using var stale = await other.LoadAsync(default);
        var noted = Commit();
        await NoteAsync(one, noted);
        await other.SaveAsync(stale!, default);
        File.Delete(_folder["device.notes"]);
        Assert.True(Assert.Single(await NotedAsync(one, noted)));
    }

    private async Task<FileDeviceStore> SaveAsync()
    {
        var store = new FileDeviceStore(_folder.Path);
        using var state = new DeviceState(
            _account.Now.Account, _phone.Id, SecretBytes.Copy(Random.Bytes(32)), SecretBytes.Copy(Random.Bytes(32)),
            _account.Now.Tell(), default);
        await store.SaveAsync(state, default);
        return store;
    }

    // Each on the one before, and none known to the device.
    private SignedManifest Commit()
    {
        _account.Commit(_phone, new AccountChange());
        return _account.Now.Manifest;
    }

    private static async Task NoteAsync(FileDeviceStore store, SignedManifest manifest)
    {
        using var state = await store.LoadAsync(default);
        using var next = state!.With(state.Commits.Add(new CommitBundle(null, null, manifest, [])));
        await store.NoteAsync(next, default);
    }

    private static async Task<bool[]> NotedAsync(FileDeviceStore store, params SignedManifest[] manifests)
    {
        using var state = await store.LoadAsync(default);
        return [.. manifests.Select(m => state!.Commits.HasNoted(m.Hash))];
    }
}
