namespace KeyRecovery;

/// <summary>What the existing device asks its person while it links another.</summary>
public sealed record LinkApproval
{
    /// <summary>Told when somebody has used the code: stop showing it. Default: nothing.</summary>
    public Action OnClaimed { get; init; } = static () => { };

    /// <summary>
    /// Asks for the six digits that the new device shows; told how many tries are left, 3 to 1. What is not six digits
    /// is asked for again without being sent.
    /// </summary>
    public required Func<int, CancellationToken, Task<string>> AskDigits { get; init; }

    /// <summary>
    /// Shows the new device and asks whether to add it, with a check of the person's presence. Whatever is not a clear
    /// yes must give false.
    /// </summary>
    public required Func<LinkCandidate, CancellationToken, Task<bool>> Consent { get; init; }
}
