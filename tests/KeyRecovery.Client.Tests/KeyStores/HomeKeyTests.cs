using KeyRecovery.Client.KeyStores;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.KeyStores;

/// <summary>Where a home's key lies, and that it stays there; a lock that is set, changed and removed.</summary>
public sealed class HomeKeyTests : IDisposable
{
    private static readonly TestRandom Random = new(18);

    private readonly TempFolder _folder = new();
    private readonly Passphrase _first =
        ((PassphraseParse.Ok)Passphrase.Parse("correct horse battery staple")).Passphrase;
    private readonly Passphrase _second =
        ((PassphraseParse.Ok)Passphrase.Parse("seven green elephants sing")).Passphrase;

    public void Dispose()
    {
        _folder.Dispose();
        _first.Dispose();
        _second.Dispose();
    }

    [Fact]
    public async Task A_home_of_before_opens_as_it_did_and_nothing_is_written_into_it()
    {
        var bytes = Random.Bytes(SecretBox.KeySize);
        await File.WriteAllBytesAsync(_folder["device.key"], bytes);
        var home = Home(DeviceKeyPlace.LockedFile);
        Assert.False(home.IsNew);
        Assert.Equal(DeviceKeyPlace.File, await home.FindPlaceAsync());
        using (var key = await home.ReadAsync(default)) Assert.Equal(bytes, key!.Span.ToArray());
        Assert.Equal(["device.key"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_new_home_without_a_desktop_has_a_file()
    {
        Assert.Equal(DeviceKeyPlace.File, await Home(null).FindPlaceAsync());
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_lock_is_set_changed_and_removed_and_the_key_is_the_same()
    {
        using var key = SecretBytes.Random(SecretBox.KeySize, Random);
        await Home(DeviceKeyPlace.File).WriteAsync(key, default);

        await Home(null).LockAsync(_first);
        Assert.Equal(DeviceKeyPlace.LockedFile, await Home(null).FindPlaceAsync());
        await AssertOpensAsync(key, _first);
        await KeyStoreContract.AssertTroubleAsync(
            DeviceStoreTrouble.WrongPassphrase, () => AssertOpensAsync(key, _second));

        await KeyStoreContract.AssertTroubleAsync(
            DeviceStoreTrouble.WrongPassphrase, () => Home(null, _second).LockAsync(_second).AsTask());
        await Home(null, _first).LockAsync(_second);
        await AssertOpensAsync(key, _second);
        await KeyStoreContract.AssertTroubleAsync(
            DeviceStoreTrouble.WrongPassphrase, () => AssertOpensAsync(key, _first));

        await KeyStoreContract.AssertTroubleAsync(
            DeviceStoreTrouble.Locked, () => Home(null).UnlockAsync().AsTask());
        await Home(null, _second).UnlockAsync();
        Assert.Equal(DeviceKeyPlace.File, await Home(null).FindPlaceAsync());
        Assert.Equal(["device.key", "device.lock"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
        using var bare = await Home(null).ReadAsync(default);
        Assert.Equal(key.Span.ToArray(), bare!.Span.ToArray());
    }

    // Each was asked for the passphrase that was there, and only then did the other change it.
    [Fact]
    public async Task Of_two_that_change_a_lock_at_once_the_second_is_asked_anew_and_the_firsts_holds()
    {
        using var key = SecretBytes.Random(SecretBox.KeySize, Random);
        using var third = ((PassphraseParse.Ok)Passphrase.Parse("nine purple whales whisper")).Passphrase;
        await Home(DeviceKeyPlace.LockedFile, _first).WriteAsync(key, default);
        var asked = new TaskCompletionSource();
        var answer = new TaskCompletionSource<Passphrase>();
        var times = 0;
        var slow = new HomeKeyStore(_folder.Path, new HomeKeyOptions
        {
            AskPassphrase = async _ =>
            {
                times++;
                asked.TrySetResult();
                return await answer.Task;
            },
        }, SystemRandom.Instance, new SystemKeyStores(null));

        foreach (var change in (Func<ValueTask>[])[() => slow.LockAsync(third), () => slow.UnlockAsync()])
        {
            times = 0;
            var changing = change();
            await asked.Task;
            // The home is free while a person is asked.
            await Home(null, _first).LockAsync(_second);
            answer.SetResult(_first);
            await KeyStoreContract.AssertTroubleAsync(DeviceStoreTrouble.WrongPassphrase, () => changing.AsTask());
            Assert.Equal(2, times);
            await AssertOpensAsync(key, _second);

            await Home(null, _second).LockAsync(_first);
            (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource<Passphrase>());
        }
        Assert.Equal(
            ["device.key", "device.lock", "device.place"],
            Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Who_sets_or_takes_a_lock_waits_for_who_writes_the_home()
    {
        using var key = SecretBytes.Random(SecretBox.KeySize, Random);
        await Home(DeviceKeyPlace.File).WriteAsync(key, default);
        foreach (var change in (Func<ValueTask>[])[() => Home(null).LockAsync(_first), () => Home(null).UnlockAsync()])
        {
            ValueTask changing;
            var held = await HomeLock.TakeAsync(_folder.Path, default);
            await using (held)
            {
                changing = change();
                Assert.False(changing.IsCompleted);
                Assert.False(KeyFile.IsLocked(_folder["device.key"]));
                Assert.False(File.Exists(_folder["device.place"]));
            }
            await changing;
            await Home(null, _first).UnlockAsync();
        }
    }

    // As a device does whose linking came to nothing: what it begins next is locked too.
    [Fact]
    public async Task A_locked_home_that_begins_anew_is_locked_again()
    {
        using var key = SecretBytes.Random(SecretBox.KeySize, Random);
        await Home(DeviceKeyPlace.LockedFile, _first).WriteAsync(key, default);
        await Home(null, _first).DeleteAsync(default);
        Assert.Equal(DeviceKeyPlace.LockedFile, await Home(null).FindPlaceAsync());
        await Home(DeviceKeyPlace.File, _first).WriteAsync(key, default);
        Assert.True(KeyFile.IsLocked(_folder["device.key"]));
        await AssertOpensAsync(key, _first);
    }

    [Fact]
    public async Task Only_a_key_that_is_there_takes_a_lock() => await KeyStoreContract.AssertTroubleAsync(
        DeviceStoreTrouble.KeyMissing, () => Home(null).LockAsync(_first).AsTask());

    [Theory]
    [InlineData("", DeviceStoreTrouble.Damaged)]
    [InlineData("nonsense", DeviceStoreTrouble.Damaged)]
    [InlineData("keyrecovery/v1/device-place secret-service\n", DeviceStoreTrouble.Damaged)]
    [InlineData("keyrecovery/v1/device-place secret-service ../x\n", DeviceStoreTrouble.Damaged)]
    [InlineData("keyrecovery/v1/device-place file AAAAAAAAAAAAAAAAAAAAAA\n", DeviceStoreTrouble.Damaged)]
    [InlineData("keyrecovery/v1/device-place moon-vault AAAAAAAAAAAAAAAAAAAAAA\n", DeviceStoreTrouble.Newer)]
    [InlineData("keyrecovery/v1/device-place keychain AAAAAAAAAAAAAAAAAAAAAA\n", DeviceStoreTrouble.KeyStoreAway)]
    [InlineData("keyrecovery/v1/device-place data-protection\n", DeviceStoreTrouble.KeyStoreAway)]
    public async Task A_place_that_is_not_known_here_is_told_and_no_key_is_made(
        string place, DeviceStoreTrouble trouble)
    {
        if (!OperatingSystem.IsLinux() && trouble == DeviceStoreTrouble.KeyStoreAway) return;
        await File.WriteAllTextAsync(_folder["device.place"], place);
        using var key = SecretBytes.Random(SecretBox.KeySize, Random);
        await KeyStoreContract.AssertTroubleAsync(trouble, async () => await Home(null).ReadAsync(default));
        await KeyStoreContract.AssertTroubleAsync(trouble, () => Home(null).WriteAsync(key, default).AsTask());
        Assert.Equal(place, await File.ReadAllTextAsync(_folder["device.place"]));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    private async Task AssertOpensAsync(SecretBytes key, Passphrase passphrase)
    {
        using var read = await Home(null, passphrase).ReadAsync(default);
        Assert.True(read!.Span.SequenceEqual(key.Span));
    }

    private HomeKeyStore Home(DeviceKeyPlace? place, Passphrase? passphrase = null) => new(
        _folder.Path, new HomeKeyOptions
        {
            NewHome = place,
            AskPassphrase = passphrase is null ? null : _ => ValueTask.FromResult(passphrase),
        }, SystemRandom.Instance, new SystemKeyStores(null));
}
