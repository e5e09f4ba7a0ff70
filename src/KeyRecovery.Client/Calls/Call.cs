using System.Runtime.CompilerServices;
using KeyRecovery.Client.Results;

namespace KeyRecovery.Client.Calls;

/// <summary>
/// The one place where what is thrown becomes a failure: every public call that returns a result runs in here. Nothing
/// gets out of it but the end that the caller's own token asks for; what may not be null is checked before.
/// </summary>
internal static class Call
{
    /// <summary>Runs one that gives something.</summary>
    /// <param name="call">The call.</param>
    /// <param name="ct">Its own token.</param>
    /// <param name="given">What may not be null, where the call has such a thing.</param>
    /// <param name="and">The same.</param>
    /// <param name="name">What <paramref name="given"/> is called; empty where it is left out.</param>
    /// <param name="other">What <paramref name="and"/> is called; empty where it is left out.</param>
    /// <exception cref="ArgumentNullException">It is, and nothing is done.</exception>
    public static Task<Result<T>> RunAsync<T>(
        Func<Task<Result<T>>> call, CancellationToken ct, object? given = null, object? and = null,
        [CallerArgumentExpression(nameof(given))] string name = "",
        [CallerArgumentExpression(nameof(and))] string other = "")
    {
        if (name.Length > 0) ArgumentNullException.ThrowIfNull(given, name);
        if (other.Length > 0) ArgumentNullException.ThrowIfNull(and, other);
        return GuardAsync(call, ct);
    }

    private static async Task<Result<T>> GuardAsync<T>(Func<Task<Result<T>>> call, CancellationToken ct)
    {
        CallTime.Begin();
        try
        {
            return await call();
        }
        catch (Exception thrown) when (IsFailure(thrown, ct))
        {
            return FailureOf(thrown);
        }
    }

    /// <summary>Runs one that gives nothing: what it works with returns null when all is well.</summary>
    public static Task<Result<Done>> RunAsync(Func<Task<ClientFailure?>> call, CancellationToken ct) =>
        GuardAsync<Done>(async () => await call() is { } failure ? failure : Done.It, ct);

    /// <summary>Whether it is told as a failure, and does not end the call as its token asks.</summary>
    public static bool IsFailure(Exception thrown, CancellationToken ct) =>
        !(thrown is OperationCanceledException && ct.IsCancellationRequested);

    /// <summary>
    /// What an app is told of it. Whatever the network does is an answer already (<c>Http/ApiTransport</c>): files are
    /// the store's.
    /// </summary>
    public static ClientFailure FailureOf(Exception thrown) => thrown switch
    {
        InvalidCallException invalid => invalid.Failure,
        DeviceStoreException damaged => new ClientFailure.StoreFailed(damaged.Message)
        {
            IsUnreadable = true, Trouble = damaged.Trouble,
        },
        IOException or UnauthorizedAccessException => new ClientFailure.StoreFailed(thrown.Message),
        _ => new ClientFailure.Unexpected(thrown),
    };
}
