using System.Text.Json;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Api.Http;

/// <summary>From what the service says no with to the problem that tells it.</summary>
internal static class Failures
{
    private static readonly TimeSpan SoonRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FullRetry = TimeSpan.FromSeconds(30);

    public static ProblemResult Problem(ServiceFailure failure) => new(failure.Code)
    {
        Field = failure.Field,
        Store = failure.Store,
        RetryAfter = RetryAfter(failure),
        Extensions = writer => Write(writer, failure),
    };

    /// <summary>A structure that this server is too old for.</summary>
    public static ProblemResult UpgradeRequired() =>
        Problem(new ServiceFailure(ErrorCode.Refused) { Rule = ProtocolFault.UpgradeRequired });

    /// <summary>A store that cannot answer.</summary>
    public static ProblemResult Unavailable(StoreFault reason) =>
        Problem(new ServiceFailure(reason == StoreFault.Full ? ErrorCode.StorageFull : ErrorCode.Unavailable)
        {
            Store = reason,
        });

    /// <summary>An issuer whose keys cannot be had.</summary>
    public static ProblemResult KeysUnavailable() =>
        new(ErrorCode.Unavailable) { Field = "token", RetryAfter = SoonRetry };

    private static TimeSpan? RetryAfter(ServiceFailure failure) => failure.Code switch
    {
        ErrorCode.GuessWait => TimeSpan.FromMilliseconds(failure.NextAttemptInMs ?? 0),
        ErrorCode.Unavailable => SoonRetry,
        ErrorCode.StorageFull => FullRetry,
        _ => null,
    };

    private static void Write(Utf8JsonWriter writer, ServiceFailure failure)
    {
        if (failure.Rule is not (ProtocolFault.None or ProtocolFault.Malformed))
            writer.WriteString("rule", RuleWords.Of(failure.Rule));
        if (failure.TrustedFrom is { } at) writer.WriteNumber("trustedFrom", at);
        if (failure.Most is { } most) writer.WriteNumber("limit", most);
        if (failure.Used is { } used) writer.WriteNumber("used", used);
        if (failure.GuessesLeft is { } left) writer.WriteNumber("guessesLeft", left);
        if (failure.NextAttemptInMs is { } next) writer.WriteNumber("nextAttemptInMs", next);
        if (!failure.Receipt.IsEmpty) writer.WriteString("receipt", Base64UrlText.Encode(failure.Receipt.Span));
        if (!failure.SignedHead.IsEmpty) writer.WriteString("head", Base64UrlText.Encode(failure.SignedHead.Span));
        WriteList(writer, "restored", failure.Restored.Select(claim => Base64UrlText.Encode(claim.Span)));
        WriteList(writer, "activeAtMinChain", failure.ActiveAtMinChain.Select(id => id.ToString()));

        if (failure.Current is not { } heads) return;
        writer.WritePropertyName("heads");
        JsonSerializer.Serialize(writer, HeadsResponse.Of(heads), ApiJson.Default.HeadsResponse);
    }

    private static void WriteList(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        using var value = values.GetEnumerator();
        if (!value.MoveNext()) return;
        writer.WriteStartArray(name);
        do writer.WriteStringValue(value.Current);
        while (value.MoveNext());
        writer.WriteEndArray();
    }
}
