namespace KeyRecovery.Service.Keys;

/// <summary>Where a KEK is in its life.</summary>
/// <param name="Id">Which.</param>
/// <param name="State">Next, current, retiring or destroyed.</param>
/// <param name="SinceHour">When it came there: seconds since 1970 divided by 3,600.</param>
public readonly record struct KekStanding(KekId Id, KekState State, long SinceHour);
