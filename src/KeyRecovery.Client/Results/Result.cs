namespace KeyRecovery.Client.Results;

/// <summary>What came of a call.</summary>
/// <typeparam name="T">What it gives when it worked.</typeparam>
public abstract record Result<T>
{
    private Result() { }

    /// <summary>It worked.</summary>
    /// <param name="Value">What it gives.</param>
    public sealed record Ok(T Value) : Result<T>;

    /// <summary>It did not; nothing changed on the server unless the failure says otherwise.</summary>
    /// <param name="Failure">Why, one of a closed list.</param>
    public sealed record Failed(ClientFailure Failure) : Result<T>;

    /// <summary>It worked.</summary>
    public static implicit operator Result<T>(T value) => new Ok(value);

    /// <summary>It did not.</summary>
    public static implicit operator Result<T>(ClientFailure failure) => new Failed(failure);
}
