using System.Text.Json;

namespace KeyRecovery.Api.Control;

/// <summary>Something that an operator on the machine may ask of the running server.</summary>
internal interface IControlVerb
{
    /// <summary>What the request's <c>verb</c> says.</summary>
    string Name { get; }

    /// <summary>Does it.</summary>
    /// <param name="request">The whole request; a member that the verb does not know is refused.</param>
    /// <param name="progress">Tells how far it is: a JSON object. The caller may have gone; that stops nothing.</param>
    /// <param name="ct">The server stops.</param>
    /// <returns>The result: a JSON object.</returns>
    /// <exception cref="JsonException">The request is malformed.</exception>
    Task<string> RunAsync(JsonElement request, Action<string> progress, CancellationToken ct);
}
