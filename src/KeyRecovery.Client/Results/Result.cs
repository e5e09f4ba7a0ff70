using System.Diagnostics.CodeAnalysis;

namespace KeyRecovery;

/// <summary>What came of a call.</summary>
/// <typeparam name="T">What it gives when it worked.</typeparam>
public abstract record Result<T>
{
    private Result() { }

    /// <summary>Why it did not work; null where it did.</summary>
    public ClientFailure? Error => (this as Failed)?.Failure;

    /// <summary>Takes the one or the other apart.</summary>
    /// <returns>Whether it worked: then <paramref name="value"/> is there, else <paramref name="failure"/>.</returns>
    public bool TryGet([MaybeNullWhen(false)] out T value, [NotNullWhen(false)] out ClientFailure? failure)
    {
        value = this is Ok ok ? ok.Value : default;
        failure = Error;
        return failure is null;
    }

    /// <summary>Goes on with the one or the other.</summary>
    public TResult Match<TResult>(Func<T, TResult> worked, Func<ClientFailure, TResult> failed) =>
        TryGet(out var value, out var failure) ? worked(value) : failed(failure);

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
