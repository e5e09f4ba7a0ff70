using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Http;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Api.Endpoints;

/// <summary>What several routes answer alike.</summary>
internal static class Answers
{
    private const int Attempts = 3;

    /// <summary>The answer to an operation: what it gives, or the problem.</summary>
    public static IResult Of<T>(Outcome<T> outcome, Func<T, IResult> done) => outcome switch
    {
        Outcome<T>.Done(var value) => done(value),
        Outcome<T>.Failed(var failure) => Failures.Problem(failure),
        _ => throw new InvalidOperationException(),
    };

    /// <summary>
    /// What is read of an account in JSON: in pieces and counted as all that may be long, since a reader who does not
    /// read would hold it in memory.
    /// </summary>
    public static BytesResult Json<T>(T value, JsonTypeInfo<T> type) =>
        new(JsonSerializer.SerializeToUtf8Bytes(value, type), "application/json; charset=utf-8");

    /// <summary>The outcome's name in a span.</summary>
    public static string Name<T>(Outcome<T> outcome) =>
        outcome is Outcome<T>.Failed failed ? Problems.Of(failed.Failure.Code).Slug : "ok";

    /// <summary>The whole vault, read anew where another commit came in between.</summary>
    public static ValueTask<IResult> VaultAsync(
        SignedRequest request, VaultReader vaults, ulong? linksAfter, ulong? manifestAfter, HttpContext context) =>
        ReadAsync(
            request, account => vaults.ReadAsync(account, linksAfter, manifestAfter, context.RequestAborted),
            (account, vault) =>
            {
                context.Response.Headers.ETag = EntityTag.Of(account.State.ManifestHash);
                return new BytesResult(vault, CborBody.Cbor);
            },
            context);

    /// <summary>What is read of an account, read anew where another commit came in between.</summary>
    /// <param name="request">Whose.</param>
    /// <param name="read">Reads; null where another commit came in between.</param>
    /// <param name="answer">The answer to what was read.</param>
    /// <param name="context">The request.</param>
    public static async ValueTask<IResult> ReadAsync<T>(
        SignedRequest request, Func<OpenAccount, ValueTask<T?>> read, Func<OpenAccount, T, IResult> answer,
        HttpContext context)
        where T : class
    {
        for (var attempt = 1; ; attempt++)
        {
            var account = request.Account;
            if (await read(account) is { } found) return answer(account, found);
            if (attempt == Attempts) return Failures.Problem(new ServiceFailure(ErrorCode.Unavailable));
            if (await request.PassAgainAsync(context.RequestAborted) is GateResult.Shut(var failure))
                return Failures.Problem(failure);
        }
    }
}
