using System.Text;
using KeyRecovery.Client.KeyStores;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Client.Tests.KeyStores;

/// <summary>The contract on a file that a passphrase locks, and what is special to it.</summary>
public sealed class LockedFileKeyTests : KeyStoreContract
{
    private const string Right = "correct horse battery staple";

    private readonly List<Passphrase> _given = [];
    private string _typed = Right;

    protected override IDeviceKeyStore Open() => new KeyFile(Folder["device.key"], SystemRandom.Instance, Ask, true);

    protected override IDeviceKeyStore OpenOther() => new KeyFile(Folder["other"], SystemRandom.Instance, Ask, true);

    public override Task DisposeAsync()
    {
        foreach (var passphrase in _given) passphrase.Dispose();
        return base.DisposeAsync();
    }

    [ContractFact]
    public async Task Whoever_has_the_file_has_no_key()
    {
        using var key = NewKey();
        await Open().WriteAsync(key, default);
        var file = await File.ReadAllBytesAsync(Folder["device.key"]);
        Assert.Equal(-1, file.AsSpan().IndexOf(key.Span[..8]));
        Assert.Equal(-1, file.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Right)));
        Assert.InRange(file.Length, 100, LockedDeviceKey.MaxBytes);
        Assert.True(KeyFile.IsLocked(Folder["device.key"]));
    }

    [ContractFact]
    public async Task A_wrong_passphrase_is_told_and_the_next_is_asked_for_and_the_right_one_once()
    {
        using var key = NewKey();
        await Open().WriteAsync(key, default);
        var (store, before) = (Open(), _given.Count);
        _typed = "correct horse battery stable";
        await AssertTroubleAsync(DeviceStoreTrouble.WrongPassphrase, async () => await store.ReadAsync(default));
        _typed = Right;
        for (var i = 0; i < 3; i++) await AssertHasAsync(key, store);
        Assert.Equal(before + 2, _given.Count);
    }

    [ContractFact]
    public async Task Where_nobody_can_be_asked_it_is_locked_and_not_absent()
    {
        using var key = NewKey();
        await Open().WriteAsync(key, default);
        var mute = new KeyFile(Folder["device.key"], SystemRandom.Instance, null, true);
        await AssertTroubleAsync(DeviceStoreTrouble.Locked, async () => await mute.ReadAsync(default));
        await AssertTroubleAsync(DeviceStoreTrouble.Locked, () => mute.WriteAsync(key, default).AsTask());
        await AssertHasAsync(key, Open());
    }

    [ContractFact]
    public async Task At_every_length_and_with_every_byte_changed_it_is_a_word_and_never_another_key()
    {
        using var key = NewKey();
        await Open().WriteAsync(key, default);
        var whole = await File.ReadAllBytesAsync(Folder["device.key"]);
        for (var at = 0; at < whole.Length; at += at < 60 ? 1 : 13)
        {
            await File.WriteAllBytesAsync(Folder["device.key"], whole[..at]);
            // 32 bytes are a bare key to whoever reads it; the state does not open under it.
            if (at != 32) await Assert.ThrowsAsync<DeviceStoreException>(async () => await Open().ReadAsync(default));
            var flipped = whole.ToArray();
            flipped[at] ^= 0x10;
            await File.WriteAllBytesAsync(Folder["device.key"], flipped);
            await Assert.ThrowsAsync<DeviceStoreException>(async () => await Open().ReadAsync(default));
        }
        await File.WriteAllBytesAsync(Folder["device.key"], whole);
        await AssertHasAsync(key, Open());
    }

    private ValueTask<Passphrase> Ask(CancellationToken ct)
    {
        lock (_given)
        {
            _given.Add(((PassphraseParse.Ok)Passphrase.Parse(_typed)).Passphrase);
            return ValueTask.FromResult(_given[^1]);
        }
    }
}
