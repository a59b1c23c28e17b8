// Registers perfnb's models with the BokehJS of the page; a second time changes nothing.
import {default_resolver, register_models} from "@bokehjs/base";
import {FlameGraph} from "./models/flame_graph";
import {ProfileSource} from "./models/profile_source";

register_models([ProfileSource, FlameGraph].filter((model) => default_resolver.get(model.__qualified__) === null));
