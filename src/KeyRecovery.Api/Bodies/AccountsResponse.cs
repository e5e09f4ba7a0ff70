using System.ComponentModel;
using KeyRecovery.Service.Operators;

namespace KeyRecovery.Api.Bodies;

/// <summary>A page of an app's accounts.</summary>
internal sealed record AccountsResponse(
    [property: Description("The app.")] string App,
    [property: Description("How each stands, in an order of the server's own; fewer than the limit say nothing.")]
    IReadOnlyList<AccountStandingResponse> Accounts)
{
    [Description("The cursor behind these: what after is the next time; absent where this is the last page.")]
    public string? Next { get; init; }

    public static AccountsResponse Of(string app, AccountPage page) =>
        new(app, [.. page.Accounts.Select(AccountStandingResponse.Of)]) { Next = page.Next };
}
