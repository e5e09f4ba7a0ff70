using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Feed;

namespace KeyRecovery.Api.Bodies;

/// <summary>A page of an app's feed.</summary>
internal sealed record EventsResponse(
    [property: Description("The app.")] string App,
    [property: Description("The oldest first.")] IReadOnlyList<EventResponse> Events,
    [property: Description("The cursor behind these: what after is the next time.")] string Next,
    [property: Description("Whether there are more already.")] bool More,
    [property: Description(
        "True where events between the cursor and these are gone: older than 30 days, or lost in a restore.")]
    bool LeftOut)
{
    public static EventsResponse Of(string app, FeedPage page) => new(
        app, [.. page.Events.Select(EventResponse.Told)], page.Next.ToString(), page.HasMore, page.LeftOut);
}

/// <summary>One event.</summary>
internal sealed record EventResponse(
    [property: Description("What was done, docs/protocol.md §20.")] string Kind,
    [property: Description("When, in Unix seconds.")] ulong Time,
    [property: Description("The number of its leaf in the log; absent where it is not logged.")] ulong? Leaf,
    [property: Description("device, code, passphrase, prf or contact, where it concerns one.")] string? Of,
    [property: Description("The account's id, base64url; absent once it is erased.")] string? Account,
    [property: Description("The device's or slot's id, base64url; absent where it concerns none, and once erased.")]
    string? Authority,
    [property: Description("The account's subject as it is now; absent where it has none any more.")] string? Subject,
    [property: Description("The erasure's id, base64url, as its receipt tells it.")] string? Erasure,
    [property: Description(
        "Of inactive: the day (UTC) before which the account is not erased for that, yyyy-mm-dd; absent once erased.")]
    string? ErasableOn)
{
    public static EventResponse Told(AppEvent told) => new(
        NameOf(told.Kind), told.Time, told.Leaf, told.Of is { } of ? NameOf(of) : null, told.Account?.ToString(),
        told.Authority?.ToString(), told.Subject,
        told.Erasure is { } erasure ? Base64UrlText.Encode(erasure.ToArray()) : null,
        told.ErasableOn?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

    /// <summary>A kind in JSON.</summary>
    public static string NameOf(Enum kind) => JsonNamingPolicy.CamelCase.ConvertName(kind.ToString());
}
