namespace KeyRecovery.Service.Errors;

/// <summary>What came of an operation.</summary>
/// <typeparam name="T">What it gives when it was done.</typeparam>
public abstract record Outcome<T>
{
    private Outcome() { }

    /// <summary>It was done, and what was written is durable.</summary>
    /// <param name="Value">What it gives.</param>
    public sealed record Done(T Value) : Outcome<T>;

    /// <summary>It was not done.</summary>
    /// <param name="Failure">Why.</param>
    public sealed record Failed(ServiceFailure Failure) : Outcome<T>;

    /// <summary>It was done.</summary>
    public static implicit operator Outcome<T>(T value) => new Done(value);

    /// <summary>It was not done.</summary>
    public static implicit operator Outcome<T>(ServiceFailure failure) => new Failed(failure);
}
