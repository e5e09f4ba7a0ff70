namespace KeyRecovery.Client.Tests.Calls;

/// <summary>A store on files that throws whatever it is told to, at the call that it is told.</summary>
internal sealed class TroubledStore(string folder) : IDeviceStore
{
    private readonly FileDeviceStore _files = new(folder);

    /// <summary>What is thrown, by the name of the call; null for nothing.</summary>
    public Func<string, Exception?>? Trouble { get; set; }

    public ValueTask<DeviceState?> LoadAsync(CancellationToken ct)
    {
        Meet(nameof(LoadAsync));
        return _files.LoadAsync(ct);
    }

    public ValueTask SaveAsync(DeviceState state, CancellationToken ct)
    {
        Meet(nameof(SaveAsync));
        return _files.SaveAsync(state, ct);
    }

    public ValueTask NoteAsync(DeviceState state, CancellationToken ct)
    {
        Meet(nameof(NoteAsync));
        return _files.NoteAsync(state, ct);
    }

    public ValueTask<IAsyncDisposable?> HoldAsync(CancellationToken ct)
    {
        Meet(nameof(HoldAsync));
        return _files.HoldAsync(ct);
    }

    public ValueTask DeleteAsync(CancellationToken ct)
    {
        Meet(nameof(DeleteAsync));
        return _files.DeleteAsync(ct);
    }

    private void Meet(string call)
    {
        if (Trouble?.Invoke(call) is { } thrown) throw thrown;
    }
}
