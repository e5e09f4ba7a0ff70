using System.Globalization;
using KeyRecovery.Protocol.Wire;
using Microsoft.OpenApi;

namespace KeyRecovery.Api.Endpoints;

/// <summary>Numbers in a query: decimal, each within its bounds.</summary>
internal static class QueryNumbers
{
    /// <summary>False where it is none, or out of bounds; null where it is not there.</summary>
    /// <param name="text">As it was sent.</param>
    /// <param name="number">What it says.</param>
    /// <param name="least">The least. Default: 0.</param>
    /// <param name="most">The most. Default: the largest integer of the formats.</param>
    public static bool TryRead(
        string? text, out ulong? number, ulong least = 0, ulong most = CborOut.MaxInteger)
    {
        number = null;
        if (text is null) return true;
        if (!ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var read)
            || read < least || read > most) return false;
        number = read;
        return true;
    }

    /// <summary>Tells in the OpenAPI document that all of a route's parameters are numbers.</summary>
    public static RouteHandlerBuilder WithNumbers(this RouteHandlerBuilder route) =>
        DocumentGeneration.IsRunning ? Tell(route) : route;

    // Apart, so that no server loads what makes the document.
    private static RouteHandlerBuilder Tell(RouteHandlerBuilder route) =>
        route.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            foreach (var parameter in operation.Parameters ?? [])
                if (parameter.Schema is OpenApiSchema number) number.Type = JsonSchemaType.Integer;
            return Task.CompletedTask;
        });
}
