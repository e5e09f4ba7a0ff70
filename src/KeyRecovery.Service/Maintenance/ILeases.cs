namespace KeyRecovery.Service.Maintenance;

/// <summary>
/// Sees to it that of several instances of a server one does a duty at a time. That saves work, and nothing rests on
/// it: a pass is as safe where two instances make it at once, by the conditions of its writes.
/// </summary>
public interface ILeases
{
    /// <summary>Does a duty under its lease, unless somebody else holds that.</summary>
    /// <param name="duty">What is done.</param>
    /// <param name="pass">Does it. Its token is cancelled when the lease is lost, and by <paramref name="ct"/>.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>
    /// Whether the pass was made to its end; false where somebody else has the duty, or took it over.
    /// </returns>
    ValueTask<bool> TryRunAsync(Duty duty, Func<CancellationToken, Task> pass, CancellationToken ct);
}
