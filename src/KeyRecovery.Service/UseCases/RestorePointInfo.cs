using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.UseCases;

/// <summary>A restore point as it is listed.</summary>
/// <param name="Point">The point.</param>
/// <param name="Named">How many versions it names beside those of its manifest.</param>
public sealed record RestorePointInfo(RestorePointEntry Point, int Named);
