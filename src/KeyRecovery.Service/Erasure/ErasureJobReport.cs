using System.Collections.Immutable;

namespace KeyRecovery.Service.Erasure;

/// <summary>How a job stands.</summary>
/// <param name="RequestedAt">When it was filed last, in seconds since 1970.</param>
/// <param name="Lines">How many lines name a user.</param>
/// <param name="Erased">Lines with a receipt.</param>
/// <param name="Unknown">Lines without an account.</param>
/// <param name="Pending">The others.</param>
/// <param name="Returned">Lines, erased or unknown, whose user has an account again.</param>
/// <param name="Outcomes">Lines, ascending, as many as were asked for.</param>
public sealed record ErasureJobReport(
    ulong RequestedAt, int Lines, int Erased, int Unknown, int Pending, int Returned,
    ImmutableArray<ErasureLineOutcome> Outcomes);
