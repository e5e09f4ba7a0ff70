namespace KeyRecovery;

/// <summary>What a call gives that gives nothing but that it is done.</summary>
public sealed record Done
{
    private Done() { }

    /// <summary>The one value.</summary>
    internal static Done It { get; } = new();
}
