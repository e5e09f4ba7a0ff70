using KeyRecovery.Protocol.Recovery;

namespace KeyRecovery.Testing.Hosting;

/// <summary>One device of a user: the real SDK over a folder of its own and a relay that can be listened to.</summary>
public sealed class TestDevice : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>A device that knows a server.</summary>
    public TestDevice(Uri server, string app = "demo", Func<KeyRecoveryOptions, KeyRecoveryOptions>? adjust = null)
    {
        Server = server;
        var options = new KeyRecoveryOptions { Server = server, App = app, Handler = Relay };
        Store = new FileDeviceStore(_folder["home"]);
        Client = new KeyRecoveryClient(adjust?.Invoke(options) ?? options, Store);
    }

    /// <summary>The server that it knows.</summary>
    public Uri Server { get; }

    /// <summary>Between this device and the server.</summary>
    public RelayHandler Relay { get; } = new();

    /// <summary>Where it keeps its keys.</summary>
    public FileDeviceStore Store { get; }

    /// <summary>The SDK.</summary>
    public KeyRecoveryClient Client { get; }

    /// <summary>The folder of its keys.</summary>
    public string Home => _folder["home"];

    /// <summary>Makes an account and returns it open.</summary>
    public async Task<VaultSession> CreateAsync(
        string token, RecoveryCode? code, string name = "phone", params ItemEdit.Put[] items) =>
        Value(
            await Client.CreateAsync(token, new CreateOptions { DeviceName = name, Code = code, Items = [.. items] }));

    /// <summary>Whether its keys are in two places: only then may it be told so.</summary>
    public bool IsCloned { get; init; }

    /// <summary>
    /// Opens the device's account. Nothing that is done to an honest one makes it a clone (Z16), or accuses the log of
    /// an honest server.
    /// </summary>
    public async Task<VaultSession> OpenAsync()
    {
        var vault = Value(await Client.OpenAsync());
        if (vault.Log.Finding is { } finding) throw new InvalidOperationException($"told of the log: {finding}");
        return vault.CloneSuspected is null || IsCloned
            ? vault : throw new InvalidOperationException($"told to be a clone: {vault.CloneSuspected}");
    }

    /// <summary>Becomes a device of the account that a code opens.</summary>
    public async Task<VaultSession> RecoverAsync(
        RecoveryCode code, bool removeOthers = false, string name = "new phone")
    {
        using var session = Value(await Client.BeginRecoveryAsync(code));
        Recovered recovered =
            Value(await session.CompleteAsync(name, removeOthers ? [.. session.Devices.Select(d => d.Id)] : []));
        return recovered.Vault;
    }

    /// <summary>The value, or a failed test that says why.</summary>
    public static T Value<T>(Result<T> result) => result is Result<T>.Ok ok
        ? ok.Value
        : throw new InvalidOperationException($"{((Result<T>.Failed)result).Failure}");

    /// <summary>The failure, or a failed test.</summary>
    public static ClientFailure Failure<T>(Result<T> result) => result is Result<T>.Failed failed
        ? failed.Failure
        : throw new InvalidOperationException("it worked, and should not have");

    /// <inheritdoc/>
    public void Dispose()
    {
        Client.Dispose();
        Relay.Dispose();
        _folder.Dispose();
    }
}
