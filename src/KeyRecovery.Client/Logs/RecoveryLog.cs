using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Logs;
using KeyRecovery.Client.Vaults;

namespace KeyRecovery;

/// <summary>
/// The server's log for a device that starts from nothing (docs/protocol.md §17.1): the log knows what such a device
/// cannot, that there is more than the server shows.
/// </summary>
public sealed class RecoveryLog
{
    private readonly LogAsker _asker;
    private readonly LogScanner _scanner;
    private readonly TimeProvider _time;
    private readonly Func<VaultView> _view;
    private readonly Func<CancellationToken, Task<ClientFailure?>> _refresh;

    internal RecoveryLog(
        KeyRecoveryOptions options, VaultApi api, DeviceKeys slot, string? token, Func<VaultView> view,
        Func<CancellationToken, Task<ClientFailure?>> refresh)
    {
        (_view, _refresh, _time) = (view, refresh, options.Time);
        _asker = new LogAsker(options.LogPolicy, api, slot, view().Newest.Account, token);
        _scanner = new LogScanner(options, api.Transport, _asker);
    }

    /// <summary>
    /// What does not hold between the account's newest change and the log; null as a rule. It keeps nobody from
    /// recovering; show it to the person.
    /// </summary>
    public LogFinding? Finding => Kept.Finding;

    /// <summary>What is remembered of the log.</summary>
    internal KeptLog Kept { get; private set; } = KeptLog.None;

    /// <summary>
    /// Reads all of the log, and asks its witnesses (<see cref="KeyRecoveryOptions.LogPolicy"/>): an older state that
    /// the server shows is told. Some seconds for a log of a million leaves, and 150 MB.
    /// </summary>
    /// <param name="progress">Told as leaves are read: how many of how many.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns><see cref="ClientFailure.RolledBack"/> where the log has a change of the account that the server does
    /// not show, or a witness knows more of the log than it shows.</returns>
    public Task<Result<LogScan>> ScanAsync(
        IProgress<(int Done, int Of)>? progress = null, CancellationToken ct = default) =>
        Call.RunAsync(async () => _view() is { IsOpen: true }
            ? await _scanner.RunAsync(() => _view().Good!, RefreshAsync, Kept, progress, ct)
            : _view().ClosedBy, ct);

    internal async Task LookAsync(CancellationToken ct) =>
        Kept = await new LogCheck(_asker, _time).RunAsync(_view().Newest, Kept, ct);

    private async Task<ClientFailure?> RefreshAsync(CancellationToken ct) => await _refresh(ct)
        ?? (_view().IsOpen ? null : _view().ClosedBy);
}
