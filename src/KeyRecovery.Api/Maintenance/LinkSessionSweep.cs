using KeyRecovery.Service;
using KeyRecovery.Service.Linking;
using KeyRecovery.Service.Maintenance;

namespace KeyRecovery.Api.Maintenance;

/// <summary>
/// Takes link sessions that are over out of the store in the background, where several instances share them: what
/// reads them has looked at their time by itself.
/// </summary>
internal sealed partial class LinkSessionSweep(
    KeyRecoveryService service, ILeases leases, TimeProvider time, ILogger<LinkSessionSweep> logger)
    : DutyService(Duty.Links, TimeSpan.FromMinutes(1), leases, time)
{
    protected override async Task RunAsync(CancellationToken ct)
    {
        if (service.Links is StoreLinkRelay relay) await relay.SweepAsync(ct);
    }

    protected override void Failed(Exception failure) => Failed(logger, failure);

    [LoggerMessage(
        13, LogLevel.Error, "The sweep of link sessions failed; the next one tries again",
        EventName = "LinkSweepFailed")]
    private static partial void Failed(ILogger logger, Exception failure);
}
