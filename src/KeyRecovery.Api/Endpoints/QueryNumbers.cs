using System.Globalization;
using KeyRecovery.Protocol.Wire;
using Microsoft.OpenApi;

namespace KeyRecovery.Api.Endpoints;

/// <summary>Numbers in a query: decimal, from 0 to the largest integer of the formats.</summary>
internal static class QueryNumbers
{
    /// <summary>False where it is none; null where it is not there.</summary>
    public static bool TryRead(string? text, out ulong? number)
    {
        number = null;
        if (text is null) return true;
        if (!ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var read)
            || read > CborOut.MaxInteger) return false;
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
