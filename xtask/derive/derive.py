"""Prints an OpenAPI description of the API that a release of the official Python client has.

    python3 derive.py WHEEL

The wheel is read but never run: its modules are parsed, its annotations are resolved, and the result is the description.
The same wheel always produces the same text. Nothing of the client is left out silently: what the description cannot express
is an error that names the file and the operation.

The client names its types after the methods that use them. `names.json` maps them to the names in
`openapi/upstream.yaml`; two types with the same name become one type with the properties of both.

Sources:
- `courier/resources/**`: the operations. A method calls `self._get`, `_post`, …: the path, the body, the query and the
  headers are the arguments of that call, the response is its `cast_to`.
- `courier/types/**`: the schemas. `BaseModel`s are responses, `TypedDict`s are request data, aliases are unions and enums.
- `courier/_client.py`: the base URL, the authorization, and the separator of lists in queries.
"""

import ast
import json
import os
import re
import sys
import textwrap
import zipfile

PACKAGE = "courier"
RESOURCES = PACKAGE + ".resources."
TYPES = PACKAGE + ".types."
VERBS = {"_get": "get", "_post": "post", "_put": "put", "_patch": "patch", "_delete": "delete"}
SCALARS = {
    "str": {"type": "string"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "datetime": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "Any": {},
    "object": {},
    "FileTypes": {"type": "string", "format": "binary"},
}
# The responses that the client does not decode.
BINARY = {"BinaryAPIResponse", "HttpxBinaryResponseContent"}
JSON = "application/json"
# The arguments of a call of the API.
CALL = {"body", "options", "cast_to", "files", "stream", "stream_cls"}
OPTIONS = {"extra_headers", "extra_query", "extra_body", "timeout", "idempotency_key", "query"}
# The arguments of a field, and the formats of its annotation.
FIELD = {"alias", "default", "init"}
FORMATS = {None, "base64", "iso8601"}
LISTS = {"List", "list", "Iterable", "Sequence", "SequenceNotStr"}
MAPS = {"Dict", "dict", "Mapping"}


class NotUnderstood(Exception):
    """The client has a construct that this script does not support."""


def pascal(text):
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[_\-/.]", text) if part)


def letters(text):
    return re.sub(r"[^a-z0-9]", "", text.lower())


class Module:
    """One parsed file: its definitions and imports."""

    def __init__(self, name, file, text):
        self.name = name
        self.file = file
        is_package = file.endswith("/__init__.py")
        try:
            self.tree = ast.parse(text, name)
        except SyntaxError as error:
            python = "%d.%d" % sys.version_info[:2]
            raise NotUnderstood("%s:%s: Python %s cannot parse it (%s); use a newer Python" % (file, error.lineno, python, error.msg))
        self.definitions = {}
        self.imports = {}
        self.define(self.tree.body)
        parts = name.split(".") if is_package else name.split(".")[:-1]
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = parts[: len(parts) - node.level + 1]
                source = ".".join(base + ([node.module] if node.module else []))
                for alias in node.names:
                    self.imports.setdefault(alias.asname or alias.name, (source, alias.name))

    def define(self, body):
        """Records definitions; if there are several for different versions of Python, the first one counts."""
        for node in body:
            if isinstance(node, ast.ClassDef):
                self.definitions.setdefault(node.name, node)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                self.definitions.setdefault(node.target.id, node.value)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self.definitions.setdefault(node.targets[0].id, node.value)
            elif isinstance(node, ast.If):
                self.define(node.body)
                self.define(node.orelse)


class Release:
    """The modules of a wheel."""

    def __init__(self, path):
        self.modules = {}
        with zipfile.ZipFile(path) as wheel:
            files = sorted(name for name in wheel.namelist() if name.startswith(PACKAGE + "/") and name.endswith(".py"))
            for file in files:
                name = re.sub(r"(/__init__)?\.py$", "", file).replace("/", ".")
                self.modules[name] = Module(name, file, wheel.read(file).decode("utf-8-sig"))
        if PACKAGE + ".resources" not in self.modules:
            raise NotUnderstood("the wheel has no package `%sresources`" % (PACKAGE + "."))

    def version(self):
        version = self.module(PACKAGE + "._version").definitions.get("__version__")
        if not isinstance(version, ast.Constant):
            raise NotUnderstood("courier/_version.py has no `__version__`")
        return version.value

    def client(self):
        """The definitions of the client's class by name."""
        client = self.module(PACKAGE + "._client")
        node = client.definitions.get("Courier")
        if not isinstance(node, ast.ClassDef):
            raise NotUnderstood("%s has no class Courier" % client.file)
        return {inner.name: inner for inner in node.body if isinstance(inner, ast.FunctionDef)}

    def base_url(self):
        methods = self.client()
        assigned = [node.value for node in ast.walk(methods["__init__"]) if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "base_url"]
        urls = {"".join(part.value for part in node.values) if isinstance(node, ast.JoinedStr) else node.value for node in assigned if not isinstance(node, ast.Call)}
        if len(urls) != 1:
            raise NotUnderstood("the base URL is one of %s" % sorted(urls))
        return urls.pop()

    def security(self):
        """The security scheme of the API, and its name."""
        methods = self.client()
        for name in sorted(set(methods) & {"default_headers", "default_query"}):
            keys = [ast.unparse(key) for node in ast.walk(methods[name]) if isinstance(node, ast.Dict) for key in node.keys if key]
            unknown = [key for key in keys if not key.startswith("'X-Stainless")]
            if unknown:
                raise NotUnderstood("every call sends %s" % ", ".join(unknown))
        returned = [node.value for node in ast.walk(methods["auth_headers"]) if isinstance(node, ast.Return)]
        sent = [(key.value, ast.unparse(value)) for node in returned for key, value in zip(node.keys, node.values)]
        if len(sent) != 1:
            raise NotUnderstood("the authorization is %s" % ", ".join(name for name, _ in sent))
        (header, value), = sent
        if header == "Authorization" and re.fullmatch(r"f['\"]Bearer \{api_key\}['\"]", value):
            return "BearerAuth", {"type": "http", "scheme": "bearer"}
        if value != "api_key":
            raise NotUnderstood("the authorization is %s: %s" % (header, value))
        return "ApiKeyAuth", {"type": "apiKey", "in": "header", "name": header}

    def list_style(self):
        """The way in which the client writes lists in a query."""
        formats = [node.value.value for node in ast.walk(self.client().get("qs") or ast.Module([], [])) if isinstance(node, ast.keyword) and node.arg == "array_format"]
        styles = {"comma": {"style": "form", "explode": False}, "repeat": {"style": "form", "explode": True}}
        if len(formats) != 1 or formats[0] not in styles:
            raise NotUnderstood("lists in a query have the format %s" % (formats or "of no `array_format`"))
        return styles[formats[0]]

    def module(self, name):
        if name not in self.modules:
            raise NotUnderstood("there is no module %s" % name)
        return self.modules[name]

    def find(self, module, name, seen=()):
        """Returns the module that defines a name, and its name there."""
        if name in module.definitions:
            return module, name
        if name in module.imports and (module.name, name) not in seen:
            source, original = module.imports[name]
            if source in self.modules:
                return self.find(self.modules[source], original, seen + ((module.name, name),))
        # Modules that refer to each other omit an import; a type is in a file with the same name.
        package = module.name.rsplit(".", 1)[0]
        for sibling in (package, TYPES + "shared_params", TYPES + "shared"):
            file = sibling + "." + re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
            if file in self.modules and name in self.modules[file].definitions:
                return self.modules[file], name
        raise NotUnderstood("%s uses %s, which is defined nowhere" % (module.name, name))


class Schemas:
    """Makes schemas from annotations, and keeps the named schemas."""

    def __init__(self, release):
        self.release = release
        self.named = {}
        # The file that uses each name: two files can define types with the same name.
        self.owners = {}
        # The names of request schemas, which distinguish null from absence; response schemas do not.
        self.sent = set()

    def name(self, module, defined):
        *folders, file = module.name[len(TYPES) :].split(".")
        base = re.sub(r"_param$", "", file)
        main = pascal(base)
        if letters(defined) in (letters(file), letters(base)):
            name = defined
            if file.endswith("_param") and letters(defined) == letters(file):
                name = re.sub(r"Param$", "", name)
            if file.endswith("_params") and letters(defined) == letters(file):
                name = re.sub(r"Params$", "Request", name)
        else:
            name = (re.sub(r"Params$", "Request", main) if file.endswith("_params") else main) + defined
        folders = [folder for folder in folders if folder not in ("shared", "shared_params")]
        owner = (re.sub(r"_params?$", "", file), tuple(folders))
        if self.owners.get(name, owner) != owner:
            name = "".join(pascal(folder) for folder in folders) + name
            if self.owners.get(name, owner) != owner:
                raise NotUnderstood("two types would be called %s" % name)
        self.owners[name] = owner
        return name

    def reference(self, name):
        return {"$ref": "#/components/schemas/" + name}

    def of(self, node, module):
        """The schema of an annotation."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self.of(ast.parse(node.value, mode="eval").body, module)
        if isinstance(node, ast.Constant) and node.value is None:
            return {"nullable": True}
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self.union([node.left, node.right], module)
        if isinstance(node, ast.Subscript):
            return self.generic(node, module)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id not in module.imports:
                # `builtins.str`, `datetime.date`: the client never imports its own modules by their whole names.
                return self.of(ast.Name(node.attr), module) if node.attr in SCALARS else not_understood(node)
            source, original = module.imports[node.value.id]
            return self.defined(self.release.module(source + "." + original), node.attr)
        if isinstance(node, ast.Name):
            if node.id in SCALARS and node.id not in module.definitions:
                return dict(SCALARS[node.id])
            return self.defined(*self.release.find(module, node.id))
        return not_understood(node)

    def generic(self, node, module):
        kind = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
        arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if kind == "Optional":
            return self.union(arguments + [ast.Constant(None)], module)
        if kind == "Union":
            return self.union(arguments, module)
        if kind == "Literal":
            if not all(isinstance(argument, ast.Constant) for argument in arguments):
                return not_understood(node)
            return enum(node, [argument.value for argument in arguments])
        if kind in ("Required", "NotRequired"):
            return self.of(arguments[0], module)
        if kind == "Annotated":
            if keyword(arguments[1:], "format") not in FORMATS:
                return not_understood(node)
            schema = self.of(arguments[0], module)
            discriminator = keyword(arguments[1:], "discriminator")
            if discriminator and "oneOf" in schema:
                schema["discriminator"] = {"propertyName": discriminator}
            return schema
        if kind in LISTS:
            return {"type": "array", "items": self.of(arguments[0], module)}
        if kind in MAPS:
            return {"type": "object", "additionalProperties": self.of(arguments[1], module) or True}
        return not_understood(node)

    def union(self, arguments, module):
        choices = []
        nullable = False
        for argument in arguments:
            if isinstance(argument, ast.Constant) and argument.value is None:
                nullable = True
            elif not (isinstance(argument, ast.Name) and argument.id in ("Omit", "NotGiven")):
                choices.append(argument)
        names = {choice.id for choice in choices if isinstance(choice, ast.Name)}
        if names in ({"str", "date"}, {"str", "datetime"}) and len(choices) == 2:
            # The client accepts the text or the value.
            schema = dict(SCALARS[(names - {"str"}).pop()])
        elif len(choices) == 1:
            schema = self.of(choices[0], module)
        else:
            schema = {"oneOf": [self.of(choice, module) for choice in choices]}
        if not nullable:
            return schema
        return {"allOf": [schema], "nullable": True} if "$ref" in schema else dict(schema, nullable=True)

    def defined(self, module, name):
        node = module.definitions[name]
        key = self.name(module, name)
        if isinstance(node, ast.ClassDef):
            is_sent = self.is_sent(node, module)
            if key not in self.named or (is_sent and key not in self.sent):
                # Before its schema is made: a type can hold itself.
                self.named[key] = {}
                if is_sent:
                    self.sent.add(key)
                self.named[key] = self.structure(node, module)
        elif key not in self.named:
            self.named[key] = {}
            self.named[key] = self.of(alias(node), module)
        return self.reference(key)

    def bases(self, node, module):
        for base in node.bases:
            if ast.unparse(base).split(".")[-1] in ("BaseModel", "TypedDict"):
                continue
            if not isinstance(base, ast.Name):
                raise NotUnderstood("%s inherits from %s" % (node.name, ast.unparse(base)))
            yield self.release.find(module, base.id)

    def is_sent(self, node, module):
        if not isinstance(node, ast.ClassDef):
            return True
        if any(ast.unparse(base).split(".")[-1] == "TypedDict" for base in node.bases):
            return True
        return any(self.is_sent(owner.definitions[name], owner) for owner, name in self.bases(node, module))

    def structure(self, node, module):
        fields = self.fields(node, module)
        schema = dict(structure(fields.values()), **description(ast.get_docstring(node) if isinstance(node, ast.ClassDef) else None))
        if any(isinstance(inner, ast.AnnAssign) and ast.unparse(inner.target) == "__pydantic_extra__" for inner in ast.walk(node)):
            schema["additionalProperties"] = True
        return schema

    def fields(self, node, module):
        """Returns the fields by their Python names, in order, inherited fields first."""
        if not isinstance(node, ast.ClassDef):
            return self.functional(node, module)
        fields = {}
        for owner, name in self.bases(node, module):
            fields.update(self.fields(owner.definitions[name], owner))
        own = [inner for inner in ast.walk(node) if isinstance(inner, ast.AnnAssign) and not ast.unparse(inner.target).startswith("_")]
        if not all(inner in node.body for inner in own):
            raise NotUnderstood("%s has fields under a condition" % node.name)
        if any(isinstance(inner, ast.keyword) and inner.arg == "alias_generator" for inner in ast.walk(node)):
            raise NotUnderstood("%s generates the names of its fields" % node.name)
        is_sent = self.is_sent(node, module)
        is_total = not any(part.arg == "total" and ast.unparse(part.value) == "False" for part in node.keywords)
        for inner, after in zip(node.body, node.body[1:] + [None]):
            if isinstance(inner, ast.AnnAssign) and not inner.target.id.startswith("_"):
                name = inner.target.id
                field = self.sent_field(name, inner.annotation, is_total, module) if is_sent else self.answered_field(inner, module)
                # The docstring of a field is the string below it.
                if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
                    field["schema"] = dict(field["schema"], **description(after.value.value))
                fields[name] = field
        return fields

    def functional(self, node, module):
        """Returns the fields of `TypedDict("Name", {"if": …}, total=False)`, the syntax for names that are Python keywords."""
        if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "TypedDict"):
            raise NotUnderstood("%s inherits from %s" % (module.name, ast.unparse(node)))
        is_total = not any(part.arg == "total" and ast.unparse(part.value) == "False" for part in node.keywords)
        pairs = zip(node.args[1].keys, node.args[1].values)
        return {key.value: self.sent_field(key.value, value, is_total, module) for key, value in pairs}

    def sent_field(self, name, annotation, is_required, module):
        inner = annotation
        while isinstance(inner, ast.Subscript) and ast.unparse(inner.value) in ("Required", "NotRequired", "Annotated"):
            kind = ast.unparse(inner.value)
            if kind == "Annotated":
                name = keyword(inner.slice.elts[1:], "alias") or name
                inner = inner.slice.elts[0]
            else:
                is_required = kind == "Required"
                inner = inner.slice
        return {"name": name, "schema": self.of(annotation, module), "required": is_required}

    def answered_field(self, node, module):
        info = node.value if isinstance(node.value, ast.Call) else None
        arguments = {part.arg: part.value for part in info.keywords} if info else {}
        if not set(arguments) <= FIELD or not isinstance(arguments.get("alias", ast.Constant("")), ast.Constant):
            raise NotUnderstood("the field %s is %s" % (node.target.id, ast.unparse(info)))
        name = keyword([info], "alias") or node.target.id
        default = arguments.get("default", info.args[0] if info.args else None) if info else node.value
        is_required = default is None or ast.unparse(default) == "..."
        schema = self.of(node.annotation, module)
        if not is_required:
            # The client reads missing values as None, so its annotation does not indicate null.
            schema.pop("nullable", None)
            if set(schema) == {"allOf"}:
                schema = schema["allOf"][0]
        return {"name": name, "schema": schema, "required": is_required}


def alias(node):
    """Returns the value of an alias; recursive aliases are written as `TypeAliasType("Name", …)`."""
    is_call = isinstance(node, ast.Call) and ast.unparse(node.func) == "TypeAliasType"
    return node.args[1] if is_call else node


def keyword(calls, name):
    """A constant keyword argument of `PropertyInfo(…)` or `FieldInfo(…)`."""
    for call in calls:
        for part in call.keywords if isinstance(call, ast.Call) else ():
            if part.arg == name and isinstance(part.value, ast.Constant):
                return part.value.value
    return None


def not_understood(node):
    raise NotUnderstood("the annotation %s" % ast.unparse(node))


def enum(node, values):
    is_nullable = None in values
    values = [value for value in values if value is not None]
    kinds = {type(value) for value in values}
    if len(kinds) != 1 or not kinds <= {str, int, bool}:
        not_understood(node)
    schema = {"type": {str: "string", int: "integer", bool: "boolean"}[kinds.pop()], "enum": values}
    return dict(schema, nullable=True) if is_nullable else schema


class Operations:
    """Makes an operation from each method that calls the API."""

    def __init__(self, release):
        self.release = release
        self.schemas = Schemas(release)
        self.paths = {}
        # The calls of the API that have become operations.
        self.calls = set()

    def read(self):
        for name, module in sorted(self.release.modules.items()):
            if not name.startswith(RESOURCES):
                continue
            parts = name[len(RESOURCES) :].split(".")
            if len(parts) > 1 and parts[-1] == parts[-2]:
                parts.pop()
            for resource in module.tree.body:
                is_class = isinstance(resource, ast.ClassDef) and resource.name.endswith("Resource")
                if is_class and not resource.name.startswith("Async"):
                    # The last definition of an overloaded method is its implementation.
                    methods = {method.name: method for method in resource.body if isinstance(method, ast.FunctionDef)}
                    for method in methods.values():
                        name = ".".join(parts + [method.name])
                        try:
                            self.operation(name, method, module)
                        except (NotUnderstood, ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
                            cause = str(error) if isinstance(error, NotUnderstood) else "%s: %s" % (type(error).__name__, error)
                            raise NotUnderstood("%s:%d: `%s`: %s" % (module.file, method.lineno, name, cause))
        for name, module in sorted(self.release.modules.items()):
            if name == PACKAGE + "._client" or not name.split(".")[1:2] or not name.split(".")[1].startswith("_"):
                self.require_no_others(module)

    def require_no_others(self, module):
        """Fails if a module calls the API elsewhere. An asynchronous call is the twin of an operation."""
        twins = set()
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef) and node.name.startswith("Async"):
                twins.update(inner for inner in ast.walk(node) if is_call_of_api(inner))
        paths = {(verb, re.sub(r"\{\w+\}", "{}", path)) for path, verbs in self.paths.items() for verb in verbs}
        for node in ast.walk(module.tree):
            if not is_call_of_api(node) or node in self.calls:
                continue
            verb = VERBS.get("_" + node.func.attr.lstrip("_"))
            try:
                is_twin = node in twins and (verb, re.sub(r"\{\w+\}", "{}", template(node.args[0])[0])) in paths
            except (NotUnderstood, AttributeError, LookupError):
                is_twin = False
            if not is_twin:
                raise NotUnderstood("%s:%d: %s calls the API, and is not in a method of a resource" % (module.file, node.lineno, ast.unparse(node.func)))

    def operation(self, name, method, module):
        decorators = {ast.unparse(getattr(node, "func", node)).split(".")[-1] for node in method.decorator_list}
        if decorators & {"cached_property", "property"} or method.name.startswith("_"):
            return
        if not decorators <= {"deprecated", "overload", "required_args"}:
            raise NotUnderstood("it has the decorators %s" % ", ".join(sorted(decorators)))
        calls = [node for node in ast.walk(method) if is_call_of_own_method(node)]
        if len(calls) != 1 or calls[0].func.attr not in VERBS:
            made = ", ".join(ast.unparse(call.func) for call in calls) or "nothing"
            raise NotUnderstood("it calls %s where one of self.%s is expected" % (made, ", self.".join(VERBS)))
        call = calls[0]
        self.calls.add(call)
        arguments = {part.arg: part.value for part in call.keywords}
        if not set(arguments) <= CALL:
            raise NotUnderstood("its call has the arguments %s" % ", ".join(sorted(set(arguments) - CALL)))
        if "cast_to" not in arguments:
            raise NotUnderstood("its call has no `cast_to`, so its response is unknown")
        self.require_known_options(arguments.get("options"))
        path, names = template(call.args[0])
        tag = name.split(".")[0].replace("_", " ").title()
        operation = {"operationId": name.replace(".", "_"), "tags": [tag], "x-sdk-method": name}
        if "deprecated" in decorators:
            operation["deprecated"] = True
        headers, media_types = self.headers(method, module)
        parameters = self.path_parameters(names, method, module) + self.query(call, module) + headers
        if parameters:
            operation["parameters"] = described(parameters, ast.get_docstring(method) or "", names)
        operation.update(description((ast.get_docstring(method) or "").split("\nArgs:")[0]))
        if "body" in arguments:
            schema = self.body(arguments["body"], name, module)
            media_type = media_types.get("content-type") or ("multipart/form-data" if "files" in arguments else JSON)
            operation["requestBody"] = {"required": True, "content": {media_type: {"schema": schema}}}
        elif "files" in arguments:
            raise NotUnderstood("it sends files without a body")
        operation["responses"] = self.answer(arguments, media_types.get("accept"), module)
        verbs = self.paths.setdefault(path, {})
        verb = VERBS[call.func.attr]
        if verb in verbs:
            raise NotUnderstood("%s and %s are both %s %s" % (verbs[verb]["x-sdk-method"], name, verb.upper(), path))
        verbs[verb] = operation

    def require_known_options(self, options):
        if options is None:
            return
        if not (isinstance(options, ast.Call) and ast.unparse(options.func) == "make_request_options"):
            raise NotUnderstood("its options are %s" % ast.unparse(options))
        for part in options.keywords:
            is_own = part.arg not in ("extra_headers", "extra_query", "extra_body") or ast.unparse(part.value) == part.arg
            if part.arg not in OPTIONS or not is_own:
                raise NotUnderstood("its options have %s" % ast.unparse(part))

    def path_parameters(self, names, method, module):
        """The parameters of a path, from the names in the path to the names of the arguments."""
        return [
            {"name": name, "in": "path", "required": True, "schema": self.schemas.of(argument(method, variable).annotation, module)}
            for name, variable in names.items()
        ]

    def headers(self, method, module):
        """The header parameters of a method, and the media types that it sets."""
        assigned = [node for node in ast.walk(method) if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "extra_headers"]
        for node in ast.walk(method):
            if isinstance(node, (ast.Attribute, ast.Subscript)) and ast.unparse(node.value) == "extra_headers":
                raise NotUnderstood("its headers change in %s" % ast.unparse(node))
        found, media_types = [], {}
        for name, value in (pair for node in assigned for pair in members(node.value)):
            if isinstance(value, ast.Constant) and name.lower() in ("accept", "content-type"):
                media_types[name.lower()] = value.value
                continue
            # `str(size) if is_given(size) else not_given`
            names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)} & set(arguments_of(method))
            if len(names) != 1:
                raise NotUnderstood("the header %s is %s" % (name, ast.unparse(value)))
            part = argument(method, names.pop())
            schema = self.schemas.of(part.annotation, module) if part.annotation else {"type": "string"}
            found.append({"name": name, "in": "header", "required": is_required(method, part), "schema": schema})
        return found, media_types

    def query(self, call, module):
        query = next((node.value for node in ast.walk(call) if isinstance(node, ast.keyword) and node.arg == "query"), None)
        if query is None:
            return []
        names, fields = self.transformed(query, module)
        parameters = []
        for field in (fields[name] for name in names):
            parameter = {"name": field["name"], "in": "query", "required": field["required"], "schema": field["schema"]}
            if '"array"' in json.dumps(field["schema"]):
                parameter.update(self.release.list_style())
            parameters.append(parameter)
        return parameters

    def body(self, node, method, module):
        if not isinstance(node, ast.Call):
            raise NotUnderstood("it sends %s, whose type is unknown" % ast.unparse(node))
        sent, params = node.args[0], node.args[1]
        if not isinstance(params, (ast.Name, ast.Attribute)):
            return self.schemas.of(params, module)
        owner, defined = self.locate(params, module)
        is_structure = isinstance(owner.definitions[defined], ast.ClassDef)
        if isinstance(sent, ast.Dict) and is_structure:
            names, fields = self.transformed(node, module)
            schema = structure([fields[name] for name in names])
            name = pascal(method) + "Request"
            if name in self.schemas.named:
                raise NotUnderstood("two types would be called %s" % name)
            self.schemas.named[name] = schema
            return self.schemas.reference(name)
        if is_structure:
            fields = self.schemas.fields(owner.definitions[defined], owner)
            if ast.unparse(sent) in fields:
                return fields[ast.unparse(sent)]["schema"]
        return self.schemas.of(params, module)

    def transformed(self, call, module):
        """Returns the names that `maybe_transform({…}, params)` sends, and the fields of its type."""
        owner, defined = self.locate(call.args[1], module)
        fields = self.schemas.fields(owner.definitions[defined], owner)
        names = [key.value if key else "**" for key in call.args[0].keys]
        unknown = [name for name in names if name not in fields]
        if unknown:
            raise NotUnderstood("it sends %s, which %s does not have" % (", ".join(unknown), defined))
        return names, fields

    def locate(self, node, module):
        if isinstance(node, ast.Attribute):
            source, original = module.imports[node.value.id]
            return self.release.module(source + "." + original), node.attr
        return self.release.find(module, node.id)

    def answer(self, arguments, accept, module):
        node = arguments.get("cast_to")
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "cast":
            node = node.args[1]
        content = {}
        if ast.unparse(node).split(".")[-1] in BINARY:
            content[accept or "application/octet-stream"] = {"schema": dict(SCALARS["FileTypes"])}
        elif ast.unparse(node) not in ("NoneType", "None"):
            content[accept if accept not in (None, "*/*") else JSON] = {"schema": self.schemas.of(node, module)}
        if "stream_cls" in arguments:
            if ast.unparse(arguments.get("stream", ast.Constant(False))) == "True":
                content.clear()
            event = arguments["stream_cls"].slice
            content["text/event-stream"] = {"schema": self.schemas.of(event, module)}
        return {"200": {"description": "", "content": content}} if content else {"204": {"description": ""}}


def is_call_of_own_method(node):
    is_method = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    return is_method and ast.unparse(node.func.value) == "self"


def is_call_of_api(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and any(part.arg == "cast_to" for part in node.keywords)


def template(node):
    """Returns the path of `"/a"`, `path_template("/a/{id}", id=list_id)` or `f"/a/{list_id}"`, and the variable of each name in it."""
    if isinstance(node, ast.Call):
        path, variables = node.args[0].value, {part.arg: ast.unparse(part.value) for part in node.keywords}
        names = {name: variables[name] for name in re.findall(r"\{(\w+)\}", path)}
    elif isinstance(node, ast.JoinedStr):
        path = "".join(part.value if isinstance(part, ast.Constant) else "{%s}" % part.value.id for part in node.values)
        names = {name: name for name in re.findall(r"\{(\w+)\}", path)}
    else:
        path, names = node.value, {}
    if not path.startswith("/"):
        raise NotUnderstood("its path is %s" % path)
    return path, names


def arguments_of(method):
    return {part.arg: part for part in method.args.args + method.args.kwonlyargs}


def argument(method, name):
    if name not in arguments_of(method):
        raise NotUnderstood("%s is not one of its arguments" % name)
    return arguments_of(method)[name]


def is_required(method, part):
    """Returns whether an argument has no default."""
    defaults = dict(zip(method.args.kwonlyargs, method.args.kw_defaults))
    positional = method.args.args[len(method.args.args) - len(method.args.defaults) :]
    return defaults.get(part) is None and part not in positional


def members(node):
    """The names and values of the headers in `{"A": a, **strip_not_given({"B": b}), **(extra_headers or {})}`."""
    if not isinstance(node, ast.Dict):
        raise NotUnderstood("its headers are %s" % ast.unparse(node))
    for key, value in zip(node.keys, node.values):
        if key is not None:
            yield key.value, value
        elif isinstance(value, ast.Call) and ast.unparse(value.func) == "strip_not_given":
            yield from members(value.args[0])
        elif ast.unparse(value) != "extra_headers or {}":
            raise NotUnderstood("its headers contain %s" % ast.unparse(value))


def structure(fields):
    schema = {"type": "object", "properties": {field["name"]: field["schema"] for field in fields}}
    required = [field["name"] for field in fields if field["required"]]
    return dict(schema, required=required) if required else schema


def description(docstring):
    text = " ".join((docstring or "").split())
    return {"description": text} if text else {}


def described(parameters, docstring, names):
    """Adds the descriptions of the `Args:` of a docstring to the parameters of these names."""
    arguments = textwrap.dedent(docstring.partition("\nArgs:\n")[2])
    found = dict(re.findall(r"(?m)^(\w+): ((?:.|\n(?!\w))*)", arguments))
    for parameter in parameters:
        name = names.get(parameter["name"], re.sub(r"\W", "_", parameter["name"]).lower())
        parameter.update(description(found.get(name)))
    return parameters


def renamed(value, names):
    """Returns the value with every reference to a type by its name in `names.json`."""
    if isinstance(value, list):
        return [renamed(inner, names) for inner in value]
    if not isinstance(value, dict):
        return value
    prefix = "#/components/schemas/"
    if isinstance(value.get("$ref"), str):
        name = value["$ref"][len(prefix) :]
        return dict(value, **{"$ref": prefix + names.get(name, name)})
    return {key: renamed(inner, names) for key, inner in value.items()}


def joined(one, other):
    """Merges two types; only properties that both require are required, since the others can be absent."""
    if one == other or "properties" not in one or "properties" not in other:
        return one
    schema = dict(one, properties={**other["properties"], **one["properties"]})
    schema["required"] = [name for name in one.get("required", []) if name in other.get("required", [])]
    if not schema["required"]:
        del schema["required"]
    return schema


def read(wheel, names):
    release = Release(wheel)
    operations = Operations(release)
    operations.read()
    schemas = {}
    for name, schema in sorted(operations.schemas.named.items()):
        schema = renamed(schema, names)
        name = names.get(name, name)
        schemas[name] = joined(schemas[name], schema) if name in schemas else schema
    try:
        (scheme, security), url = release.security(), release.base_url()
    except (NotUnderstood, AttributeError, LookupError, TypeError) as error:
        raise NotUnderstood("%s/_client.py: %s" % (PACKAGE, error if isinstance(error, NotUnderstood) else repr(error)))
    return {
        "openapi": "3.0.3",
        "info": {"title": "Courier", "version": release.version()},
        "servers": [{"url": url}],
        "security": [{scheme: []}],
        "paths": renamed(dict(sorted(operations.paths.items())), names),
        "components": {
            "securitySchemes": {scheme: security},
            "schemas": dict(sorted(schemas.items())),
        },
    }


def main():
    try:
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "names.json"), encoding="utf-8") as file:
            names = json.load(file)
        description = read(sys.argv[1], names)
    except (NotUnderstood, zipfile.BadZipFile, UnicodeDecodeError, RecursionError) as error:
        sys.exit(str(error))
    sys.stdout.write(json.dumps(description, indent=1) + "\n")


if __name__ == "__main__":
    main()
