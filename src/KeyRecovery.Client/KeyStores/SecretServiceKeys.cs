namespace KeyRecovery.Client.KeyStores;

/// <summary>
/// The key as an item of a desktop's default keyring: the Secret Service API of freedesktop.org, over the session bus.
/// Each call has a connection of its own, since sessions end, daemons restart and a person locks the keyring meanwhile.
/// </summary>
/// <param name="address">The session bus; null where there is none.</param>
/// <param name="id">What names the item.</param>
internal sealed class SecretServiceKeys(string? address, string id) : IDeviceKeyStore
{
    private const string Label = "KeyRecovery: the key of this device's files";

    // libsecret's tools show the first as the kind of an item.
    private readonly (string Name, string Value)[] _attributes =
        [("xdg:schema", "org.keyrecovery.DeviceKey"), ("id", id)];

    public string Place => $"this device's entry in the desktop's keyring (Secret Service, id {id})";

    /// <summary>Whether a keyring answers, has a default collection, and that one is open.</summary>
    public static async ValueTask<bool> IsReadyAsync(string address, CancellationToken ct)
    {
        try
        {
            using var bus = await SecretServiceBus.ConnectAsync(address, ct);
            return await bus.FindDefaultAsync() is { } collection && !await bus.IsLockedAsync(collection);
        }
        catch (DeviceStoreException)
        {
            return false;
        }
    }

    public async ValueTask<SecretBytes?> ReadAsync(CancellationToken ct)
    {
        using var bus = await SecretServiceBus.ConnectAsync(address, ct);
        return await ReadAsync(bus);
    }

    public async ValueTask WriteAsync(SecretBytes key, CancellationToken ct)
    {
        using var bus = await SecretServiceBus.ConnectAsync(address, ct);
        var collection = await bus.FindDefaultAsync() ?? throw new DeviceStoreException(
            DeviceStoreTrouble.KeyStoreAway,
            "the desktop's keyring has no default collection yet: make one in its settings, or keep the key in a file");
        if (await bus.IsLockedAsync(collection)) await bus.UnlockAsync(collection);
        await bus.CreateItemAsync(collection, Label, _attributes, key);
        // The specification promises no durability: what was read back has at least arrived.
        using var kept = await ReadAsync(bus);
        if (kept is null || !kept.Span.SequenceEqual(key.Span))
            throw new DeviceStoreException(
                DeviceStoreTrouble.KeyStoreAway, "the desktop's keyring has not kept what it was given");
    }

    public async ValueTask DeleteAsync(CancellationToken ct)
    {
        using var bus = await SecretServiceBus.ConnectAsync(address, ct);
        var (open, locked) = await bus.SearchAsync(_attributes);
        foreach (var item in locked) await bus.UnlockAsync(item);
        foreach (var item in (string[])[.. open, .. locked]) await bus.DeleteAsync(item);
    }

    private async ValueTask<SecretBytes?> ReadAsync(SecretServiceBus bus)
    {
        var (open, locked) = await bus.SearchAsync(_attributes);
        if (open is [] && locked is [var item, ..])
        {
            await bus.UnlockAsync(item);
            open = [item];
        }
        return open is [var first, ..] ? await bus.ReadAsync(first) : null;
    }
}
